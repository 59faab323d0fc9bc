/** What zod found wrong in a policy, in the words and at the place its author needs. */
import { z } from 'zod';
import { closestName } from './closest-name.ts';
import type { PolicyProblem } from './policy-error.ts';
import type { PolicyPath, PolicySource } from './policy-source.ts';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(data: unknown, path: PolicyPath): unknown {
  let value = data;
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step];
    else if (isRecord(value)) value = value[String(step)];
    else return undefined;
  }
  return value;
}

/** Through defaults, optionals and transforms to the schema that says the shape; a union is decided by `value`. */
function unwrap(schema: z.core.$ZodType | undefined, value: unknown): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return unwrap(schema.def.innerType, value);
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in, value);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def;
    const wanted = isRecord(value) ? value[discriminator] : undefined;
    return schema.def.options.find((option) => {
      const literal = option instanceof z.ZodObject ? option.shape[discriminator] : undefined;
      return literal instanceof z.ZodLiteral && literal.def.values.some((name) => name === wanted);
    });
  }
  return schema;
}

/** The keys the schema knows in the mapping at `path`. */
function knownKeys(schema: z.ZodType, data: unknown, path: PolicyPath): readonly string[] {
  let at = unwrap(schema, data);
  for (const [depth, step] of path.entries()) {
    let next: z.core.$ZodType | undefined;
    if (at instanceof z.ZodArray) next = at.def.element;
    else if (at instanceof z.ZodObject) next = at.shape[String(step)];
    at = unwrap(next, valueAt(data, path.slice(0, depth + 1)));
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

const quoted = (word: string) => JSON.stringify(word.length > 64 ? `${word.slice(0, 64)}…` : word);

function meant(word: unknown, candidates: readonly string[]): string {
  const close = typeof word === 'string' ? closestName(word, candidates) : undefined;
  return close === undefined ? '' : `; did you mean ${quoted(close)}?`;
}

function choice(value: unknown, values: readonly unknown[]): string {
  const names = values.map(String);
  const got = typeof value === 'string' ? `, not ${quoted(value)}` : '';
  return `expected ${names.length === 1 ? quoted(names[0]!) : `one of ${names.join(', ')}`}${got}${meant(value, names)}`;
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value'))
    return issue.code === 'invalid_type'
      ? `is missing: expected ${articled(issue.expected)}`
      : `is missing: ${choice(value, issue.values)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${articled(issue.expected)}, got ${articled(kindOf(value))}`;
    case 'invalid_value':
      return choice(value, issue.values);
    case 'invalid_union':
      if ('options' in issue && Array.isArray(issue.options))
        return `${value === undefined ? 'is missing: ' : ''}${choice(value, issue.options)}`;
      return `${value === undefined ? 'is missing: ' : ''}expected a date (2027-01-31) or an instant with its offset (2027-01-31T18:00:00Z)`;
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'expected an instant with its offset, such as 2027-01-31T18:00:00Z'
        : issue.message;
    case 'too_small':
      return `too ${issue.origin === 'number' ? 'small' : 'short'}: at least ${issue.minimum}${unit(issue.origin)}`;
    case 'too_big':
      return `too ${issue.origin === 'number' ? 'big' : 'long'}: at most ${issue.maximum}${unit(issue.origin)}`;
    default:
      return issue.message;
  }
}

const unit = (origin: string) => (origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '');

function articled(kind: string): string {
  const names: Record<string, string> = {
    object: 'a mapping',
    array: 'a list',
    string: 'text',
    int: 'a whole number',
    null: 'nothing',
  };
  return names[kind] ?? `a ${kind}`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** One problem an issue, and one for each unknown key, at that key. */
export function schemaProblems(schema: z.ZodType, source: PolicySource, error: z.ZodError): PolicyProblem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      const value = valueAt(source.data, issue.path);
      return [source.problem(issue.path, describe(issue, value))];
    }
    const known = knownKeys(schema, source.data, issue.path);
    return issue.keys.map((key) => {
      const hint = meant(key, known) || `; known here: ${known.join(', ')}`;
      return source.problem([...issue.path, key], `unknown key ${quoted(key)}${hint}`, 'key');
    });
  });
}
