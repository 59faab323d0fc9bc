/** The directives of go.mod and go.work (https://go.dev/ref/mod#go-mod-file-lexical). */
import { CatalogError } from '../catalog-error.ts';
import type { GoMod } from '../manifest.ts';
import { splitLines } from '../split-lines.ts';

const MAX_LINES = 200_000;

/** Tokens as Go's own lexer cuts them (golang.org/x/mod/modfile, `readToken`): parentheses and comments need no blank before them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|`[^`]*`|\/\/.*|[()]|(?:(?!\/\/)[^\s"`()])+/g;

/**
 * By verb, what follows it in each directive, whether that stands alone or in a block. Comments are left out. Throws a
 * CatalogError for a block that begins within a line.
 */
export function readDirectives(text: string): (verb: string) => readonly (readonly string[])[] {
  const lines = readLines(text);
  return (wanted) => lines.flatMap(([verb, ...words]) => (verb === wanted ? [words] : []));
}

/** One element a directive, its verb first. */
function readLines(text: string): (readonly string[])[] {
  const directives: string[][] = [];
  let block: string | undefined;
  for (const line of splitLines(text, MAX_LINES)) {
    const words = (line.match(TOKEN) ?? [])
      .filter((word) => !word.startsWith('//'))
      .map((word) => word.replace(/^["`](.*)["`]$/, '$1'));
    const [verb] = words;
    if (verb === undefined) continue;
    if (verb === ')') block = undefined;
    else if (block !== undefined) directives.push([block, ...words]);
    else if (words.at(-1) === '(') block = verb;
    else if (words[1] !== '(') directives.push(words);
    else if (words[2] !== ')') throw new CatalogError('UNEXPECTED_SHAPE', 'a parenthesis within a line');
  }
  return directives;
}

/** `path [version] => path [version]`; none where it is no replacement. */
export function toReplaced(words: readonly string[]): GoMod['replaces'] {
  const arrow = words.indexOf('=>');
  const [path, version] = words.slice(0, arrow);
  const [newPath, newVersion] = words.slice(arrow + 1);
  if (arrow < 1 || path === undefined || newPath === undefined) return [];
  return [
    {
      path,
      ...(version === undefined ? {} : { version }),
      newPath,
      ...(newVersion === undefined ? {} : { newVersion }),
    },
  ];
}
