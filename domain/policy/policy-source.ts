/** A policy file's YAML (1.2, core schema) with the place of every key and value. */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { isNestedDeeply, MAX_YAML_NESTING } from '../yaml/nesting.ts';
import { PolicyError, type PolicyProblem } from './policy-error.ts';

/** Where a problem is: keys and indexes from the root of the document. */
export type PolicyPath = readonly PropertyKey[];

export interface PolicySource {
  /** Plain data, not yet checked. */
  readonly data: unknown;
  /** A problem at the value of `path`, or at the key of `path` where `at` is `key`; else at the nearest parent that exists. */
  problem(path: PolicyPath, message: string, at?: 'key' | 'value'): PolicyProblem;
}

const MAXIMUM_CHARACTERS = 1_048_576;
/** Anchors save repetition; more than this many expansions is an attack on memory. */
const MAXIMUM_ALIASES = 100;

function offsetOf(document: Document.Parsed, path: PolicyPath, at: 'key' | 'value'): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    if (isSeq(node) && typeof step === 'number') {
      const item = node.items[step];
      if (!isNode(item)) return offset;
      node = item;
    } else if (isMap(node)) {
      const pair: { key: unknown; value: unknown } | undefined = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (pair === undefined) return offset;
      const keyOffset = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
      if (depth === path.length - 1 && at === 'key') return keyOffset ?? offset;
      if (!isNode(pair.value)) return keyOffset ?? offset;
      node = pair.value;
    } else return offset;
    offset = node.range?.[0] ?? offset;
  }
  return offset;
}

/** `environments[0].gates[2].severity` */
function printPath(path: PolicyPath): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

/** Throws a PolicyError (POLICY_TOO_LARGE, POLICY_SYNTAX) that names each place the YAML is wrong. */
export function readPolicySource(text: string, fileName: string): PolicySource {
  const at = (line: number, column: number, message: string): PolicyProblem => ({ line, column, path: '', message });
  if (text.length > MAXIMUM_CHARACTERS)
    throw new PolicyError('POLICY_TOO_LARGE', fileName, [
      at(1, 1, `${text.length} characters: a policy has at most ${MAXIMUM_CHARACTERS}`),
    ]);
  if (isNestedDeeply(text))
    throw new PolicyError('POLICY_SYNTAX', fileName, [at(1, 1, `nested more than ${MAX_YAML_NESTING} deep`)]);
  const lineCounter = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter, prettyErrors: false, version: '1.2' });
    if (document.errors.length > 0)
      throw new PolicyError(
        'POLICY_SYNTAX',
        fileName,
        document.errors.map((error) => {
          const { line, col } = lineCounter.linePos(error.pos[0]);
          return at(line, col, `not valid YAML: ${error.message}`);
        }),
      );
    const data: unknown = document.toJS({ maxAliasCount: MAXIMUM_ALIASES });
    return {
      data,
      problem(path, message, side = 'value') {
        const { line, col } = lineCounter.linePos(offsetOf(document, path, side));
        return { line: Math.max(line, 1), column: Math.max(col, 1), path: printPath(path), message };
      },
    };
  } catch (cause) {
    if (cause instanceof PolicyError) throw cause;
    // The parser recurses by nesting, and refuses alias bombs, with errors that carry no place.
    const what = cause instanceof ReferenceError ? 'too many aliases, or one without its anchor' : 'nested too deeply';
    throw new PolicyError('POLICY_SYNTAX', fileName, [at(1, 1, what)], { cause });
  }
}
