/** Elements of CycloneDX XML in the shape that the same facts have in JSON. */
import { ownValue } from '../../../domain/own-value.ts';

export interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlNode[];
  /** Of another namespace. */
  readonly isForeign: boolean;
  text: string;
}

/** Elements with one value a child: the child's name says which. */
const lists: Readonly<Record<string, (child: XmlNode) => unknown>> = {
  components: toJsonShape,
  hashes: (child) => ({ alg: child.attributes.alg, content: child.text.trim() }),
  licenses(child) {
    if (child.name === 'expression') return { expression: child.text.trim() };
    // Since 1.7.
    if (child.name === 'expression-detailed') return { expression: child.attributes.expression };
    return { license: toJsonShape(child) };
  },
  authors: toJsonShape,
  properties: (child) => ({ name: child.attributes.name, value: child.text }),
  occurrences: toJsonShape,
};

/** Elements that stand several times beside each other, where JSON has one list. */
const repeated = new Set(['contact', 'url']);

/** Texts as strings, elements as objects; attributes beside the elements (`bom-ref`, `type`). */
export function toJsonShape(node: XmlNode): unknown {
  if (node.name === 'dependency')
    return {
      ref: node.attributes.ref,
      dependsOn: node.children.filter(({ name }) => name === 'dependency').map(({ attributes }) => attributes.ref),
    };
  const shape: Record<string, unknown> = { ...node.attributes };
  for (const child of node.children) {
    const toElement = ownValue(lists, child.name);
    if (child.name === 'tools') {
      // Since 1.5 with a list of components in it, as in JSON; before, one element a tool.
      shape.tools = child.children
        .flatMap((one) => (one.name === 'components' ? one.children : [one]))
        .map(toJsonShape);
      continue;
    }
    const value =
      toElement !== undefined
        ? child.children.map(toElement)
        : child.children.length > 0 || isStructure(child.name)
          ? toJsonShape(child)
          : child.text.trim();
    if (repeated.has(child.name)) shape[child.name] = [...((shape[child.name] as unknown[] | undefined) ?? []), value];
    else shape[child.name] = value;
  }
  return shape;
}

/** Empty or not, it is an object. */
function isStructure(name: string): boolean {
  return [
    'component',
    'supplier',
    'manufacturer',
    'manufacture',
    'contact',
    'evidence',
    'metadata',
    'license',
    'occurrence',
  ].includes(name);
}
