import type { Component } from './component.ts';
import { canonicalPurl } from './purl.ts';

/** Components that `named` names: a purl however it is spelt, whole or without qualifiers, or without version too; a name; `name@version`. */
export function findComponents(components: readonly Component[], named: string): Component[] {
  const wanted = (named.startsWith('pkg:') ? canonicalPurl(named) : undefined) ?? named;
  const exact = components.filter(({ purl }) => purl === wanted);
  if (exact.length > 0) return exact;
  return components.filter(({ purl, name, version }) => {
    const [bare = purl] = purl.split('?', 1);
    return bare === wanted || withoutVersion(bare) === wanted || name === wanted || `${name}@${version}` === wanted;
  });
}

/** The components with the most similar names, for whoever misspelt one; at most `count`. */
export function similarNames(components: readonly Component[], wanted: string, count: number): string[] {
  const last = wanted.replace(/^pkg:/, '').replace(/(?<=.)@[^/]*$/, '');
  const word = last.slice(last.lastIndexOf('/') + 1).toLowerCase();
  if (word === '') return [];
  const found = components.filter(({ name }) => name.toLowerCase().includes(word) || word.includes(name.toLowerCase()));
  return [...new Set(found.map(({ purl }) => purl))].slice(0, count);
}

/** The `@` of a scope is encoded in a purl: a raw one begins the version. */
function withoutVersion(purl: string): string {
  const at = purl.indexOf('@');
  return at === -1 ? purl : purl.slice(0, at);
}
