/** The recipe a repository carries for the command builder: `pratique.build.yaml` at its root. */
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { durationSchema } from '../policy/duration.ts';
import { isNestedDeeply, MAX_YAML_NESTING } from '../yaml/nesting.ts';
import { BuildError } from './builder.ts';

/** Where the recipe is, in the commit. */
export const recipePath = 'pratique.build.yaml';

/** Largest recipe that is read, in bytes. */
export const recipeMaxBytes = 64 * 1024;

const argument = z
  .string()
  .max(8192)
  .refine((text) => !text.includes('\0'), 'must not contain NUL');
/** A command as an argument list: no shell reads it. */
const command = z.array(argument).min(1, 'a command needs at least its name').max(200);
export type Command = z.infer<typeof command>;

const outputFolder = z
  .string()
  .max(255)
  .regex(
    /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/,
    'expected a folder inside the repository, such as "out" or "build/image"',
  );

const recipeSchema = z.strictObject({
  /** Run with the network, before the build: inputs named by hash (`npm ci`, `pip install --require-hashes`). */
  fetch: z.array(command).max(20).default([]),
  /** Run without a network. */
  build: z.array(command).min(1, 'at least one command').max(20),
  /** Where the commands leave an OCI image layout (image-layout.md of the image specification). */
  output: outputFolder,
  /** Tool name to the command whose first line of output is its version. */
  toolchain: z.record(z.string().regex(/^[a-z0-9][a-z0-9._+-]{0,62}$/), command).default({}),
  /** For fetch and build together; ISO 8601 in the file, seconds here. */
  timeout: durationSchema.default(600),
});
export type Recipe = z.infer<typeof recipeSchema>;

/** Throws BuildError RECIPE_INVALID, which says line and column of every problem. */
export function parseRecipe(text: string): Recipe {
  if (isNestedDeeply(text)) throw invalid([`${recipePath}: nested more than ${MAX_YAML_NESTING} deep`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${recipePath}:${line}:${col}`;
  };
  const syntax = document.errors.map((error) => `${place(error.pos[0])}: ${error.message.split('\n')[0]}`);
  if (syntax.length > 0) throw invalid(syntax);
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 20 });
  } catch (error) {
    throw invalid([`${recipePath}: ${error instanceof Error ? error.message : 'not readable'}`], error);
  }
  const parsed = recipeSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.path.filter((step) => typeof step !== 'symbol');
    return `${place(offsetOf(document, path))}: ${path.join('.') || 'recipe'}: ${issue.message}`;
  });
  throw invalid(problems);
}

/** Offset of the node at `path`, or of its nearest ancestor that exists: a missing key is reported where it is missing. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly (string | number)[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      const start: unknown = node.range[0];
      if (typeof start === 'number') return start;
    }
  }
  return 0;
}

function invalid(problems: readonly string[], cause?: unknown): BuildError {
  const shown = problems.slice(0, 10).join('; ');
  return new BuildError('RECIPE_INVALID', `the recipe cannot be used: ${shown}`, { cause });
}
