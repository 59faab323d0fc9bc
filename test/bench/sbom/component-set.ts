/** The components of a CycloneDX document and of a truth, made comparable: `name version` by ecosystem. */
import { readFileSync } from 'node:fs';
import { parsePurl } from '../../../domain/sbom/purl.ts';
import type { Ecosystem } from './recipes.ts';

export type ComponentSets = ReadonlyMap<string, ReadonlySet<string>>;

/** By purl, without qualifiers: tools differ in those, and a component is the same one all the same. */
export function readComponents(file: string): ComponentSets {
  const document = JSON.parse(readFileSync(file, 'utf8')) as { components?: { purl?: string }[] };
  const sets = new Map<string, Set<string>>();
  for (const { purl } of document.components ?? []) {
    if (purl === undefined || purl === '') continue;
    const { type, namespace = '', name, version = '', subpath = '' } = parsePurl(purl);
    const key = comparable(type, nameOf(type, namespace, name, subpath), version);
    sets.set(type, (sets.get(type) ?? new Set()).add(key));
  }
  return sets;
}

export function truthSet(ecosystem: Ecosystem, lines: readonly string[]): ReadonlySet<string> {
  return new Set(
    lines.map((line) => {
      const cut = line.lastIndexOf(' ');
      return comparable(ecosystem, line.slice(0, cut), line.slice(cut + 1));
    }),
  );
}

function nameOf(type: string, namespace: string, name: string, subpath: string): string {
  switch (type) {
    case 'maven':
      return `${namespace}:${name}`;
    case 'golang':
      // Some tools write a module's major version as a subpath.
      return [namespace, name, subpath].filter((part) => part !== '').join('/');
    case 'npm':
    case 'composer':
      return namespace === '' ? name : `${namespace}/${name}`;
    default:
      return name;
  }
}

function comparable(type: string, name: string, version: string): string {
  if (type === 'pypi') return `${name.toLowerCase().replaceAll(/[-_.]+/g, '-')} ${version}`;
  return type === 'golang' ? `${name.toLowerCase()} ${version.replace(/^(?:v|go)(?=\d)/, '')}` : `${name} ${version}`;
}

/** Sorted. */
export function without(all: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...all].filter((one) => !others.has(one)).toSorted();
}
