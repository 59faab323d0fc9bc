/** Go's workspaces: https://go.dev/ref/mod#workspaces. */
import { expect, test } from 'vitest';
import { catalogText, catalogTree } from './catalog-text.ts';

const H1 = `h1:${'A'.repeat(43)}=`;
const purls = (tree: Record<string, string>) => catalogTree(tree).map(({ purl }) => purl);
const a = `module example.org/a
go 1.22
require example.org/b v0.0.0
require example.org/errors v0.9.1
require example.org/text v0.3.0
replace example.org/text => example.org/text v0.3.1
`;
const b = 'module example.org/b\ngo 1.22\n';

test('modules that it uses are the project’s own, its replacements come before those of a module', () => {
  const components = catalogTree({
    'go.work': `go 1.22
use (
	./a
	./b // the other one
)
replace example.org/errors => example.org/errors v0.9.0
replace example.org/text v0.3.0 => example.org/text v0.3.2
`,
    'go.work.sum': `example.org/text v0.3.2 ${H1}\n`,
    'a/go.mod': a,
    'b/go.mod': b,
  });
  expect(components.map(({ purl, checksum }) => [purl, checksum])).toEqual([
    ['pkg:golang/example.org/errors@v0.9.0', undefined],
    ['pkg:golang/example.org/text@v0.3.2', H1],
  ]);
});

test('a module that it does not use, or that is not in the tree, is somebody’s', () => {
  const all = ['example.org/b@v0.0.0', 'example.org/errors@v0.9.1', 'example.org/text@v0.3.1'];
  const expected = all.map((one) => `pkg:golang/${one}`);
  expect(purls({ 'a/go.mod': a, 'b/go.mod': b })).toEqual(expected);
  expect(purls({ 'go.work': 'use ./a\n', 'a/go.mod': a, 'b/go.mod': b })).toEqual(expected);
  expect(purls({ 'go.work': 'use (\n./a\n./b\n)\n', 'a/go.mod': a })).toEqual(expected);
});

test('the nearest one counts; the module beside it is "."', () => {
  const inner = { 'x/go.work': 'use .\nuse ./b\n', 'x/go.mod': a, 'x/b/go.mod': b };
  const outer = { 'go.work': 'use ./x\nreplace example.org/errors => example.org/other v1.0.0\n' };
  expect(purls({ ...outer, ...inner })).toEqual([
    'pkg:golang/example.org/errors@v0.9.1',
    'pkg:golang/example.org/text@v0.3.1',
  ]);
});

test('something else is refused', () => {
  expect(() => catalogText('go.work', 'use (./a\n)\n')).toThrow(expect.objectContaining({ code: 'UNEXPECTED_SHAPE' }));
});
