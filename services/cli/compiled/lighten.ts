/** What made files in CommonJS need not do as they are loaded, is done where it is used first. See docs/decisions/0130 and 0153. */
import { type Node, type Use, usesOfTop } from './top-names.ts';

const nodesOwn = /^let (\w+) = (require\("node:[\w/]+"\));\n(?:\1 = .*\b__toESM\(\1, 1\);\n)?/gm;
const packages = /^var (import_\w+) = (.*\b__toESM\(require_\w+\(\), 1\));\n/gm;

/** The file that the library of schemas is put into. */
export const schemaLibrary = 'zod';
const libraryRequired = /^require\("\.\/[a-z]+-zod-[\w-]+\.cjs"\)$/;
const required = /^require\("\.\/([\w.-]+)"\)$/;

/** Whether a module belongs there. */
export function isSchemaLibrary(id: string): boolean {
  return /[\\/]node_modules[\\/]zod[\\/]/.test(id);
}

/** One of the files that are made of one verb. */
export interface MadeFile {
  readonly fileName: string;
  readonly code: string;
}

/**
 * The same files, with parts of Node and packages in CommonJS, which take milliseconds each, loaded where they are used first; with
 * schemas, and their library, made where they are used first; and in one byte a character, which is read twice as fast.
 */
export function lighten(files: readonly MadeFile[], parse: (code: string) => object): MadeFile[] {
  const parsed = files.map((file) => {
    const code = toAscii(loadLate(file.code));
    return { fileName: file.fileName, code, program: parse(code) as Node };
  });
  // What one file gives to another may be a schema there too, which makes more of them.
  const given = new Set<string>();
  for (;;) {
    const before = given.size;
    const found = parsed.map((file) => findSchemas(file, given));
    if (given.size === before)
      return parsed.map(({ fileName, code, program }, index) => ({
        fileName,
        code: deferSchemas(code, program, found[index] as Schemas),
      }));
  }
}

function loadLate(code: string): string {
  let text = code;
  for (const [declared, name = '', load = ''] of [...code.matchAll(nodesOwn), ...code.matchAll(packages)]) {
    // In brackets, for what is made by `new`. A part of Node is its own default; what a package has as its own is for __toESM to say.
    const isNodes = load.startsWith('require("node:');
    const used = new RegExp(`(?<![\\w$."'])${name}(?![\\w$"'])${isNodes ? '(?:\\.default\\b)?' : ''}`, 'g');
    text = text.replace(declared, '').replaceAll(used, `(${name}())`);
    text += `var ${name}_loaded;\nfunction ${name}() { return ${name}_loaded ??= ${load}; }\n`;
  }
  return text;
}

const toAscii = (text: string) =>
  text.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

interface Constant {
  readonly statement: Node;
  readonly id: Node;
  readonly name: string;
  readonly value: Node;
}

interface Schemas {
  readonly constants: ReadonlyMap<string, Constant>;
  /** Statements that make one, which nobody uses: of these the bundler does not know that they can go. */
  readonly unused: readonly Node[];
}

/** The schemas at the top of a file, and their library. `given` has what files give to others, by file and name, and gets this one's. */
function findSchemas({ fileName, code, program }: MadeFile & { readonly program: Node }, given: Set<string>): Schemas {
  const constants = new Map<string, Constant>();
  const files = new Map<string, string>();
  const unused: Node[] = [];
  const isSchema = (node: Node): boolean => {
    if (node.type !== 'CallExpression') return false;
    const { root, member } = rootOf(node);
    return constants.has(root) || given.has(`${files.get(root)} ${member}`);
  };
  for (const statement of program.body as Node[]) {
    if (statement.type === 'ExpressionStatement' && isSchema(statement.expression as Node)) unused.push(statement);
    const constant = constantOf(statement);
    if (constant === undefined) continue;
    const { name, value } = constant;
    const [text, file] = required.exec(code.slice(value.start, value.end)) ?? [];
    if (file !== undefined) files.set(name, file);
    if (!isSchema(value) && (text === undefined || !libraryRequired.test(text))) continue;
    constants.set(name, constant);
    const isGiven = code.includes(`\nexports.${name} = ${name};`) || code.includes(`(exports, "${name}", {`);
    if (isGiven) given.add(`${fileName} ${name}`);
  }
  return { constants, unused };
}

function constantOf(statement: Node): Constant | undefined {
  const [declared, ...more] = statement.kind === 'const' ? (statement.declarations as Node[]) : [];
  const id = declared?.id as Node | undefined;
  const value = declared?.init as Node | null | undefined;
  if (more.length > 0 || id?.type !== 'Identifier' || !value) return undefined;
  return { statement, id, name: id.name as string, value };
}

/** What a chain of calls and members begins with, and the member of it that is used. */
function rootOf(chain: Node): { readonly root: string; readonly member: string } {
  let [node, member] = [chain, ''];
  while (node.type === 'CallExpression' || node.type === 'MemberExpression') {
    if (node.type === 'MemberExpression')
      member = node.computed === true ? '' : ((node.property as Node).name as string);
    node = (node.type === 'CallExpression' ? node.callee : node.object) as Node;
  }
  return { root: node.type === 'Identifier' ? (node.name as string) : '', member };
}

/** `const x = zod.object(…)` at the top of a file as a function that makes it once, and each use of it as a call. */
function deferSchemas(code: string, program: Node, { constants, unused }: Schemas): string {
  const edits: Edit[] = unused.map(({ start, end }) => ({ start, end, text: '' }));
  for (const [name, { statement, value }] of constants) {
    const begin = `var ${name}_made;\nfunction ${name}() { return ${name}_made ??= `;
    edits.push({ start: statement.start, end: value.start, text: begin });
    edits.push({ start: value.end, end: statement.end, text: '; }' });
  }
  for (const use of usesOfTop(program)) {
    const id = constants.get(use.name)?.id;
    if (id !== undefined && id !== use.node) edits.push(callInstead(use, code));
  }
  return applyEdits(code, edits);
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
