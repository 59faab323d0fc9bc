/** The instructions of a Dockerfile: lines that go on, comments and here-documents (https://docs.docker.com/reference/dockerfile/). */
import { splitLines } from '../split-lines.ts';

const MAX_LINES = 100_000;
/** Directives stand before everything else. */
const DIRECTIVE = /^\s*#\s*(\w+)\s*=\s*(\S+)\s*$/;
/** `<<EOF`, `<<-"EOF"`, `3<<EOF`; not `<<<`. */
const HERE_DOCUMENT = /(?:^|\s)\d*<<(-?)(["']?)(\w[\w.-]*)\2(?![\w.-])/g;
const TAKES_DOCUMENTS = new Set(['RUN', 'COPY', 'ADD']);

export interface Instruction {
  /** In upper case. */
  readonly instruction: string;
  readonly words: readonly string[];
}

/** What a here-document holds is not read: a line of it may begin with any word. */
export function* readInstructions(text: string): Generator<Instruction> {
  const lines = splitLines(text, MAX_LINES);
  const goesOn = escapeOf(lines) === '`' ? /`[ \t]*$/ : /\\[ \t]*$/;
  for (let at = 0; at < lines.length; at += 1) {
    if (isComment(lines[at])) continue;
    let line = lines[at] ?? '';
    while (goesOn.test(line) && at + 1 < lines.length) {
      at += 1;
      // Comments between the lines of one instruction are no part of it.
      if (!isComment(lines[at])) line = `${line.replace(goesOn, ' ')}${lines[at]}`;
    }
    const [word = '', ...words] = line.replace(goesOn, '').trim().split(/\s+/);
    const instruction = word.toUpperCase();
    yield { instruction, words };
    if (TAKES_DOCUMENTS.has(instruction === 'ONBUILD' ? (words[0] ?? '').toUpperCase() : instruction))
      at = afterDocuments(lines, at, line);
  }
}

function isComment(line: string | undefined): boolean {
  return line === undefined || /^\s*(?:#|$)/.test(line);
}

function escapeOf(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const [, name, value] = DIRECTIVE.exec(line) ?? [];
    if (name === undefined) return undefined;
    if (name.toLowerCase() === 'escape') return value;
  }
  return undefined;
}

/** The last line of the documents that `line`, the one before them at `at`, announces. One that never ends is none. */
function afterDocuments(lines: readonly string[], at: number, line: string): number {
  let last = at;
  for (const [, dash, , word] of line.matchAll(HERE_DOCUMENT)) {
    const end = lines.findIndex(
      (one, index) => index > last && (dash === '-' ? one.replace(/^\t+/, '') : one) === word,
    );
    if (end === -1) break;
    last = end;
  }
  return last;
}
