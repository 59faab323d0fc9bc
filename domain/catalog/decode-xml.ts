import { SaxesParser } from 'saxes';
import { CatalogError } from './catalog-error.ts';
import { decodeText } from './decode-text.ts';

/** One element of XML. Names are without their prefix. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** All text directly in it, trimmed. */
  readonly text: string;
}

const MAX_ELEMENTS = 500_000;
const MAX_DEPTH = 200;

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

/**
 * The root of an XML 1.0 document. Entities of a document's own are not expanded: a document that uses one is refused.
 * Throws a CatalogError (NOT_TEXT, NOT_XML, TOO_MANY); the parser's own message is dropped.
 */
export function decodeXml(bytes: Uint8Array): XmlElement {
  const text = decodeText(bytes);
  const root = element('', new Map());
  const open = [root];
  let count = 0;
  const parser = new SaxesParser();
  parser.on('error', () => {
    throw new CatalogError('NOT_XML', 'not XML');
  });
  parser.on('opentag', ({ name, attributes }) => {
    count += 1;
    if (count > MAX_ELEMENTS || open.length > MAX_DEPTH)
      throw new CatalogError('TOO_MANY', `more than ${MAX_ELEMENTS} elements, or nested more than ${MAX_DEPTH} deep`);
    const made = element(local(name), new Map(Object.entries(attributes).map(([key, value]) => [local(key), value])));
    open.at(-1)?.children.push(made);
    open.push(made);
  });
  const addText = (chunk: string): void => {
    const last = open.at(-1);
    if (last !== undefined) last.text += chunk;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const closed = open.pop();
    if (closed !== undefined) closed.text = closed.text.trim();
  });
  parser.write(text).close();
  const [first] = root.children;
  if (first === undefined) throw new CatalogError('NOT_XML', 'not XML');
  return first;
}

function element(name: string, attributes: ReadonlyMap<string, string>): OpenElement {
  return { name, attributes, children: [], text: '' };
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

export function childrenNamed(parent: XmlElement | undefined, name: string): readonly XmlElement[] {
  return (parent?.children ?? []).filter((child) => child.name === name);
}

/** The first child of that name. */
export function childNamed(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  return parent?.children.find((child) => child.name === name);
}

/** The text of the first child of that name; `undefined` where there is none or it is empty. */
export function childText(parent: XmlElement | undefined, name: string): string | undefined {
  const text = childNamed(parent, name)?.text;
  return text === '' ? undefined : text;
}
