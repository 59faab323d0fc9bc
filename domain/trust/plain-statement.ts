import { type Statement, statementSchema } from './statement.ts';

const types: ReadonlySet<unknown> = new Set(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']);
const ALGORITHM = /^[a-z][a-zA-Z0-9]*$/;
const plainMembers: ReadonlySet<string> = new Set(['_type', 'subject', 'predicateType', 'predicate']);

/**
 * A statement as `statementSchema` reads it, in a third of the time: one about one subject, with nothing in it that the schema does
 * not know. Every other value is the schema's to judge. Undefined where it is no statement.
 */
export function readStatement(value: unknown): Statement | undefined {
  return readPlainStatement(value) ?? statementSchema.safeParse(value).data;
}

/** Undefined where it is not of the plain kind, which says nothing about it. */
export function readPlainStatement(value: unknown): Statement | undefined {
  if (!isObject(value)) return undefined;
  let members = 0;
  for (const name of Object.keys(value)) {
    if (!plainMembers.has(name)) return undefined;
    members += 1;
  }
  const { _type, subject: subjects, predicateType, predicate } = value;
  if (members !== plainMembers.size || !types.has(_type) || !Array.isArray(subjects)) return undefined;
  if (typeof predicateType !== 'string' || predicateType === '' || predicateType.length > 1000) return undefined;
  const [subject] = subjects as unknown[];
  if (subjects.length !== 1 || !isObject(subject)) return undefined;
  for (const name of Object.keys(subject)) if (name !== 'digest' && name !== 'name') return undefined;
  const { digest, name } = subject;
  if (!isObject(digest) || (name !== undefined && typeof name !== 'string')) return undefined;
  for (const algorithm of Object.keys(digest))
    if (!ALGORITHM.test(algorithm) || typeof digest[algorithm] !== 'string') return undefined;
  const known = digest as Record<string, string>;
  return {
    _type: _type as Statement['_type'],
    subject: [name === undefined ? { digest: known } : { name, digest: known }],
    predicateType,
    predicate,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
