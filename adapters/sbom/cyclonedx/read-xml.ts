/** Reads CycloneDX XML, versions 1.2 to 1.7, one component at a time, through the shape of JSON. Entities of a DTD are not expanded. */
import { SaxesParser } from 'saxes';
import { MAX_DEPTH, MAX_PART_BYTES } from '../document-limits.ts';
import { SbomError } from '../sbom-error.ts';
import type { SbomReader } from '../sbom-reading.ts';
import { createCycloneDxCollector } from './read.ts';
import { toJsonShape, type XmlNode } from './xml-shape.ts';

const NAMESPACE = /^http:\/\/cyclonedx\.org\/schema\/bom\/(\d+\.\d+)$/;
/** Elements of other namespaces may stand anywhere, and say nothing to us. */
const OURS = 'http://cyclonedx.org/schema/';
/** What an element or an attribute costs beside its text, or some of it. */
const BYTES_OF_A_NODE = 64;
/** Their elements are handed over one by one and forgotten. */
const lists = new Set(['components', 'dependencies']);

/** Throws a SbomError: SBOM_NOT_XML for what is not well-formed, or has a DTD. */
export function createCycloneDxXmlReader(): SbomReader {
  const collector = createCycloneDxCollector();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parser = new SaxesParser({ xmlns: true });
  const open: XmlNode[] = [];
  let specVersion: string | undefined;
  let root: XmlNode | undefined;
  /** Characters kept since the last element was handed over. */
  let kept = 0;
  /** Characters the parser was given since it last told of an element or a text: it holds them. */
  let waiting = 0;
  const keep = (characters: number): void => {
    kept += characters;
    if (kept > MAX_PART_BYTES)
      throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_PART_BYTES} characters in one element`);
  };
  parser.on('error', () => {
    // What the parser says may quote the document.
    throw new SbomError('SBOM_NOT_XML', `not well-formed XML (line ${parser.line})`);
  });
  parser.on('doctype', () => {
    throw new SbomError('SBOM_NOT_XML', 'an XML document with a DTD: such are not read');
  });
  parser.on('opentag', ({ local, uri, attributes: found }) => {
    waiting = 0;
    if (open.length >= MAX_DEPTH) throw new SbomError('SBOM_TOO_LARGE', `nested more than ${MAX_DEPTH} deep`);
    if (open.length === 0) specVersion = versionOf(local, uri);
    keep(local.length + BYTES_OF_A_NODE);
    const attributes: Record<string, string> = {};
    for (const [name, { value }] of Object.entries(found)) {
      attributes[name] = value;
      keep(value.length + BYTES_OF_A_NODE);
    }
    const node: XmlNode = { name: local, attributes, children: [], text: '', isForeign: !uri.startsWith(OURS) };
    if (open.length === 0) root = node;
    open.push(node);
  });
  const addText = (text: string): void => {
    waiting = 0;
    const node = open.at(-1);
    if (node === undefined) return;
    keep(text.length);
    node.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    waiting = 0;
    const node = open.pop();
    const parent = open.at(-1);
    if (node === undefined || parent === undefined || node.isForeign || parent.isForeign) return;
    if (open.length === 2 && lists.has(parent.name)) {
      collector.take(parent.name, toJsonShape(node));
      kept = 0;
    } else parent.children.push(node);
  });
  return {
    write(chunk) {
      waiting += chunk.length;
      if (waiting > MAX_PART_BYTES)
        throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_PART_BYTES} characters without an element`);
      parser.write(decode(decoder, chunk));
    },
    end() {
      parser.write(decode(decoder)).close();
      if (root === undefined) throw new SbomError('SBOM_NOT_XML', 'an XML document without an element');
      const metadata = root.children.find(({ name }) => name === 'metadata');
      const reading = collector.finish({
        specVersion,
        serialNumber: root.attributes.serialNumber,
        ...(metadata === undefined ? {} : { metadata: toJsonShape(metadata) }),
      });
      return { ...reading, format: `${reading.format} (XML)` };
    },
  };
}

function versionOf(name: string, uri: string): string {
  const version = NAMESPACE.exec(uri)?.[1];
  if (name !== 'bom' || version === undefined)
    throw new SbomError('SBOM_UNKNOWN_FORMAT', 'XML, and no CycloneDX document');
  return version;
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new SbomError('SBOM_NOT_XML', 'not UTF-8');
  }
}
