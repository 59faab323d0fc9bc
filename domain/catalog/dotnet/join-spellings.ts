/** NuGet ignores the case of names and versions, and its files are written by people: one package in two spellings is one. */
import type { PlacedComponent } from '../merge-components.ts';
import { renamePurls } from '../rename-purls.ts';

/** All of a spelling's places get the purl and the name of the first in order, which has the most capitals of alike ones. */
export function joinSpellings(placed: PlacedComponent[]): PlacedComponent[] {
  const packages = placed.filter(({ component }) => component.ecosystem === 'NuGet').map(({ component }) => component);
  const spellings = Map.groupBy(new Map(packages.map((one) => [one.purl, one])).values(), ({ purl }) =>
    purl.toLowerCase(),
  );
  const renames = new Map<string, (typeof packages)[number]>();
  for (const [, alike] of spellings) {
    const [first, ...others] = alike.toSorted((a, b) => (a.purl < b.purl ? -1 : 1));
    if (first !== undefined) for (const { purl } of others) renames.set(purl, first);
  }
  if (renames.size === 0) return placed;
  const respelt = placed.map((one) => {
    const first = renames.get(one.component.purl);
    if (first === undefined) return one;
    const { name, advisoryName, version, advisoryVersion } = first;
    return { ...one, component: { ...one.component, name, advisoryName, version, advisoryVersion } };
  });
  return renamePurls(respelt, new Map([...renames].map(([purl, first]) => [purl, first.purl])));
}
