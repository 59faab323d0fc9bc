/** Tests that a page names: `` `fence.test.ts` › title `` in prose or a table's cell; a title ends with the cell, the line, `;` or the next file. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');

export interface NamedTest {
  /** As the page has it: a path from the root, or the end of one. */
  readonly file: string;
  /** Of a test or of a `describe`; undefined where the page means the whole file. */
  readonly title: string | undefined;
}

/** In the order of the page. */
export function namedTests(text: string): NamedTest[] {
  return [...text.matchAll(/`([\w./-]+\.test\.ts)`(?: › (.+?)(?=, `|[|;\n]|$))?/g)].map(([, file = '', title]) => ({
    file,
    title: title?.trim(),
  }));
}

/** What a page claims and nobody finds: a file that is not there, or `file › title` that no file of that name has. */
export function missingTests(text: string): string[] {
  const files = globSync('test/**/*.test.ts', { cwd: root });
  return namedTests(text).flatMap(({ file, title }) => {
    const found = files.filter((each) => each === file || each.endsWith(`/${file}`));
    if (found.length === 0) return [file];
    if (title === undefined) return [];
    const hasTitle = found.some((each) => titlesOf(readFileSync(path.join(root, each), 'utf8')).includes(title));
    return hasTitle ? [] : [`${file} › ${title}`];
  });
}

/** What follows `describe(`, `it(`, `test(`, or closes an `.each(…)`: one string. */
function titlesOf(source: string): string[] {
  return [...source.matchAll(/(?:\b(?:describe|it|test)(?:\.\w+)*\(|\]\)\(|\)\()\s*(['"`])((?:\\.|(?!\1).)*)\1/g)].map(
    ([, , title = '']) => title.replaceAll(/\\(.)/g, '$1'),
  );
}
