/** go.mod (https://go.dev/ref/mod#go-mod-file). */
import { CatalogError } from '../catalog-error.ts';
import type { GoMod } from '../manifest.ts';
import { splitLines } from '../split-lines.ts';

const MAX_LINES = 200_000;

/** Throws a CatalogError for a text without a `module` line, and for a block that begins within a line. */
export function parseGoMod(text: string): GoMod {
  const lines = readLines(text);
  const of = (verb: string): (readonly string[])[] =>
    lines.flatMap((line) => (line[0] === verb ? [line.slice(1)] : []));
  const module = of('module')[0]?.[0];
  if (module === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'a go.mod without a module line');
  const goVersion = of('go')[0]?.[0];
  return {
    format: 'go-mod',
    module,
    ...(goVersion === undefined ? {} : { goVersion }),
    requires: of('require').flatMap(([path, version]) =>
      path === undefined || version === undefined ? [] : [{ path, version }],
    ),
    replaces: of('replace').flatMap(toReplaced),
    excludes: of('exclude').map(([path, version]) => `${path}@${version}`),
  };
}

function toReplaced(words: readonly string[]): GoMod['replaces'] {
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

/** Tokens as Go's own lexer cuts them (golang.org/x/mod/modfile, `readToken`): parentheses and comments need no blank before them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|`[^`]*`|\/\/.*|[()]|(?:(?!\/\/)[^\s"`()])+/g;

/** One element a directive, its verb first, whether it stands alone or in a block. Comments are left out. */
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
    else if (words[2] !== ')') throw new CatalogError('UNEXPECTED_SHAPE', 'a go.mod with a parenthesis within a line');
  }
  return directives;
}
