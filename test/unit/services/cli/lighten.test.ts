import { parseAst } from 'rolldown/parseAst';
import { expect, it } from 'vitest';
import { lighten } from '../../../../services/cli/compiled/lighten.ts';

/** A library whose every call says what was made, and answers with something to call further. */
function createLibrary() {
  const made: string[] = [];
  const schema = (name: string): Record<string, unknown> => ({
    name,
    optional: () => make(`${name}?`),
    parse: (value: unknown) => `${name}:${String(value)}`,
  });
  const make = (name: string) => {
    made.push(name);
    return schema(name);
  };
  return { made, library: { string: () => make('string'), object: (of: object) => make(Object.keys(of).join()) } };
}

/** What a made file gives to others, and which schemas were made until then and in the end. */
function load(code: string) {
  const { made, library } = createLibrary();
  const loaded: string[] = [];
  const exports: Record<string, unknown> = {};
  const require = (name: string) => {
    loaded.push(name);
    return name.startsWith('node:') ? { default: name } : library;
  };
  // biome-ignore lint/security/noGlobalEval: it is text that is tested.
  (eval(`(function (require, exports) {${code}\n})`) as (...parts: unknown[]) => void)(require, exports);
  const [early, at] = [[...made], [...loaded]];
  const answer = typeof exports.run === 'function' ? (exports.run as () => unknown)() : undefined;
  return { early, at, made, exports, answer };
}

const parse = (text: string) => parseAst(text, { sourceType: 'commonjs' });
const lightenOne = (code: string) => lighten([{ fileName: 'verify.cjs', code }], parse)[0]?.code ?? '';
const lightened = (code: string) => load(lightenOne(code));
const library = 'const require_zod = require("./verify-zod-Ab_1-2.cjs");\n';

it('has schemas and their library made where they are used first, once', () => {
  const { early, at, made, exports, answer } = lightened(
    `${library}const name = require_zod.string();\nconst person = require_zod.object({ name, at: name.optional() });
    exports.person = person;\nexports.run = () => [person.parse(1), person.parse(2)];`,
  );
  expect([early, at]).toEqual([[], []]);
  expect(answer).toEqual(['name,at:1', 'name,at:2']);
  expect(made).toEqual(['string', 'string?', 'name,at']);
  expect(Object.keys(exports)).toEqual(['person', 'run']);
  expect(exports.person).toBe(exports.person);
});

it('leaves out what nobody uses', () => {
  const { made } = lightened(`${library}require_zod.object({ a: require_zod.string() });\nexports.run = () => 1;`);
  expect(made).toEqual([]);
});

it.each([
  ['a parameter', '(text) => text', '"own"'],
  ['a parameter with a default', '(text = "own") => text', ''],
  ['one that the default of another takes', '(a = text.name) => a', ''],
  ['a part of a parameter', '({ a: [text = 1], ...rest }) => [text, rest]', '{ a: [], b: 2 }'],
  ['a rest', '(...text) => text', '1, 2'],
  ['its own constant', '() => { const text = "own"; return text; }', ''],
  ['one of a block only', '() => { { let text = "own"; text += 1; } return text.name; }', ''],
  ['a variable of a block, which holds in all', '() => { if (true) { var text = "own"; } return text; }', ''],
  ['one of a loop', '() => { for (const text of ["own"]) return text; return 0; }', ''],
  ['a counter', '() => { for (let text = 0; text < 3; text++) if (text === 2) return text; return text.name; }', ''],
  ['what was caught', '() => { try { throw "own"; } catch (text) { return text; } }', ''],
  ['a function', '() => { function text() { return "own"; } return text(); }', ''],
  ['a class', '() => { class text { static a = "own"; } return text.a; }', ''],
  ['a name inside an expression', '() => [(function text() { return typeof text; })(), (class text {}).name]', ''],
  ['one of a case', '() => { switch (1) { case 1: const text = "own"; return text; } }', ''],
  ['a label', '() => { text: for (;;) break text; return text.name; }', ''],
  ['a property', '() => ({ text: 1, a: { text } }.a.text.name)', ''],
  ['a method', '() => new (class { text() { return text.name; } })().text()', ''],
  ['a computed key', '() => Object.keys({ [text.name]: 1, text: 2 })', ''],
  ['a text', '() => `text \x24{text.name} text`', ''],
])('knows %s that is called as a schema is', (_, run, given) => {
  const code = `${library}const text = require_zod.string();\nconst called = ${run};\nexports.run = () => called(${given});`;
  const { early, answer } = lightened(code);
  expect(early).toEqual([]);
  expect(answer).toEqual(load(code).answer);
});

it('leaves what is no schema, and is not the library, as it is', () => {
  const code = `${library}const other = require("./verify-other-1.cjs");\nconst made = other.string();
  let later = require_zod.string();\nconst list = [1].map((one) => one);\nexports.run = () => [made.name, later.name, list];`;
  const { early, answer } = lightened(code);
  expect(early).toEqual(['string', 'string']);
  expect(answer).toEqual(load(code).answer);
});

it('knows a schema that another file gives, and one made of it in a third', () => {
  // As the bundler writes it in a file that others begin with, and in one of several.
  const give = (name: string) =>
    name === 'b'
      ? `exports.${name} = ${name};\n`
      : `Object.defineProperty(exports, "${name}", {\n\tenumerable: true,\n\tget: function() { return ${name}; }\n});\n`;
  const files = [
    { fileName: 'scan.cjs', code: 'const require_b = require("./scan-b-1.cjs");\nconst c = require_b.b.optional();\n' },
    {
      fileName: 'scan-b-1.cjs',
      code: 'const require_a = require("./scan-a-1.cjs");\nconst b = require_a.a.optional();\n',
    },
    { fileName: 'scan-a-1.cjs', code: `${library}const a = require_zod.string();\nconst n = 1;\nexports.n = n;\n` },
  ].map(({ fileName, code }, index) => ({ fileName, code: code + give('cba'[index] ?? '') }));
  const [scan = '', b = '', a = ''] = lighten(files, parse).map(({ code }) => code);
  const { made, library: zod } = createLibrary();
  const run = (code: string, require: (name: string) => unknown) => {
    const exports: Record<string, unknown> = {};
    // biome-ignore lint/security/noGlobalEval: it is text that is tested.
    (eval(`(function (require, exports) {${code}\n})`) as (...parts: unknown[]) => void)(require, exports);
    return exports;
  };
  const given = run(scan, () => run(b, () => run(a, () => zod)));
  expect(made).toEqual([]);
  expect(given.c).toMatchObject({ name: 'string??' });
});

it('has parts of Node loaded where they are used first, and writes one byte a character', () => {
  const code =
    'let node_fs = require("node:fs");\nexports.run = () => [node_fs.default, "é", /\\u{1F600}|ü/u.test("ü")];';
  const { at, answer } = lightened(code);
  expect(at).toEqual([]);
  expect(answer).toEqual([{ default: 'node:fs' }, 'é', true]);
  expect(lightenOne(code)).not.toMatch(/[^\0-\x7f]/);
});
