/** One thing that is wrong (or doubtful) in a policy file, at its place. */
export interface PolicyProblem {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 code units. */
  readonly column: number;
  /** `environments[0].gates[2].severity`; empty for the file itself. */
  readonly path: string;
  /** What is wrong, what was expected, and what to write instead. Never the contents of a key. */
  readonly message: string;
}

export type PolicyErrorCode =
  | 'POLICY_TOO_LARGE'
  | 'POLICY_SYNTAX' // not YAML, or not one document
  | 'POLICY_SCHEMA' // a key or value the schema does not know
  | 'POLICY_REFERENCE'; // each part is fine, together they are not

/** `file:line:column: path: message`, the form editors jump to. */
export function printProblem(fileName: string, { line, column, path, message }: PolicyProblem): string {
  return `${fileName}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
}

const SHOWN = 20;

/** A policy file that cannot be used. The message is one line a problem, at most 20 of them; `problems` holds all. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: PolicyErrorCode;
  readonly problems: readonly PolicyProblem[];

  constructor(code: PolicyErrorCode, fileName: string, problems: readonly PolicyProblem[], options?: ErrorOptions) {
    const lines = problems.slice(0, SHOWN).map((problem) => printProblem(fileName, problem));
    if (problems.length > SHOWN) lines.push(`${fileName}: and ${problems.length - SHOWN} more`);
    super(lines.join('\n'), options);
    this.code = code;
    this.problems = problems;
  }
}
