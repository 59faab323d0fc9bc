/** What made files in CommonJS need not do as they are loaded, is done where it is used first. See docs/decisions/0130 and 0153. */
import { type Node, type Use, usesOfTop } from './top-names.ts';

const nodesOwn = /^let (\w+) = (require\("node:[\w/]+"\));\n(?:\1 = .*\b__toESM\(\1, 1\);\n)?/gm;
const packages = /^var (import_\w+) = (.*\b__toESM\(require_\w+\(\), 1\));\n/gm;

/** The file that the library of schemas is put into. */
export const schemaLibrary = 'zod';
const libraryRequired = /^require\("\.\/[a-z]+-zod-[\w-]+\.cjs"\)$/;

/** Whether a module belongs there. */
export function isSchemaLibrary(id: string): boolean {
  return /[\\/]node_modules[\\/]zod[\\/]/.test(id);
}

/**
 * Has parts of Node and packages in CommonJS, which take milliseconds each, loaded where they are used first; schemas, and their
 * library, made where they are used first; and the text in one byte a character, which is read twice as fast.
 */
export function lighten(code: string, parse: (code: string) => object): string {
  let text = code;
  for (const [declared, name = '', load = ''] of [...code.matchAll(nodesOwn), ...code.matchAll(packages)]) {
    // In brackets, for what is made by `new`. A part of Node is its own default; what a package has as its own is for __toESM to say.
    const isNodes = load.startsWith('require("node:');
    const used = new RegExp(`(?<![\\w$."'])${name}(?![\\w$"'])${isNodes ? '(?:\\.default\\b)?' : ''}`, 'g');
    text = text.replace(declared, '').replaceAll(used, `(${name}())`);
    text += `var ${name}_loaded;\nfunction ${name}() { return ${name}_loaded ??= ${load}; }\n`;
  }
  const ascii = text.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return deferSchemas(ascii, parse(ascii) as Node);
}

/** `const x = zod.object(…)` at the top of a file as a function that makes it once, and each use of it as a call. */
function deferSchemas(code: string, program: Node): string {
  const deferred = new Map<string, Constant>();
  const edits: Edit[] = [];
  for (const statement of program.body as Node[]) {
    // What nobody uses, of which the bundler does not know that it can go.
    if (statement.type === 'ExpressionStatement' && isDeferrable(statement.expression as Node, deferred, code))
      edits.push({ start: statement.start, end: statement.end, text: '' });
    const constant = constantOf(statement);
    if (constant !== undefined && isDeferrable(constant.value, deferred, code)) {
      const { name, value } = constant;
      deferred.set(name, constant);
      const made = `${name}_made`;
      edits.push({
        ...{ start: statement.start, end: value.start },
        text: `var ${made};\nfunction ${name}() { return ${made} ??= `,
      });
      edits.push({ ...{ start: value.end, end: statement.end }, text: '; }' });
    }
  }
  for (const use of usesOfTop(program))
    if (deferred.get(use.name)?.id !== use.node && deferred.has(use.name)) edits.push(callInstead(use, code));
  return applyEdits(code, edits);
}

interface Constant {
  readonly id: Node;
  readonly name: string;
  readonly value: Node;
}

function constantOf(statement: Node): Constant | undefined {
  const [declared, ...more] = statement.kind === 'const' ? (statement.declarations as Node[]) : [];
  const id = declared?.id as Node | undefined;
  const value = declared?.init as Node | null | undefined;
  if (more.length > 0 || id?.type !== 'Identifier' || !value) return undefined;
  return { id, name: id.name as string, value };
}

/** The library itself, and calls of what begins with it or with another schema. */
function isDeferrable(value: Node, deferred: ReadonlyMap<string, Constant>, code: string): boolean {
  if (libraryRequired.test(code.slice(value.start, value.end))) return true;
  let node = value;
  while (node.type === 'CallExpression' || node.type === 'MemberExpression')
    node = (node.type === 'CallExpression' ? node.callee : node.object) as Node;
  return value.type === 'CallExpression' && node.type === 'Identifier' && deferred.has(node.name as string);
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function callInstead({ node, name, shorthand }: Use, code: string): Edit {
  const { start, end } = shorthand ?? node;
  const exported = `exports.${name} = `;
  // What a file gives to others is made when they ask for it.
  if (code.startsWith(`${exported}${name};`, start - exported.length))
    return {
      ...{ start: start - exported.length, end },
      text: `Object.defineProperty(exports, "${name}", { enumerable: true, get: ${name} })`,
    };
  return { start, end, text: shorthand === undefined ? `(${name}())` : `${name}: (${name}())` };
}

function applyEdits(code: string, edits: readonly Edit[]): string {
  let [text, last] = ['', 0];
  for (const { start, end, text: written } of edits.toSorted((a, b) => a.start - b.start)) {
    // Inside what is gone.
    if (start < last) continue;
    text += code.slice(last, start) + written;
    last = end;
  }
  return text + code.slice(last);
}
