/** Which entries of a package-lock.json lie inside another package's file, as npm decides it (arborist, `Node.getBundler`). */

export interface PlacedEntry {
  /** `node_modules/a/node_modules/b`. */
  readonly place: string;
  /** Names it asks for. */
  readonly requires: { readonly has: (name: string) => boolean; readonly keys: () => Iterable<string> };
}

/**
 * The flag `inBundle` is believed of what the package around it asks for, and of what that in turn has or asks for in there.
 * npm fetches everything else from its registry, whatever flag it has: above all what lies beside the package, not in it.
 */
export function bundledPlaces(entries: readonly PlacedEntry[], flagged: ReadonlySet<string>): ReadonlySet<string> {
  const byPlace = new Map(entries.map((entry) => [entry.place, entry]));
  const inside = Map.groupBy(flagged, (place) => splitPlace(place).bundler);
  const bundled = new Set<string>();
  const pending = [...flagged].flatMap((place) => {
    const { bundler, name } = splitPlace(place);
    const isAsked = !flagged.has(bundler) && byPlace.get(bundler)?.requires.has(name) === true;
    return isAsked ? [{ place, bundler }] : [];
  });
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { place, bundler } = next;
    if (bundled.has(place)) continue;
    bundled.add(place);
    const asked = [...(byPlace.get(place)?.requires.keys() ?? [])].map((name) => `${bundler}/node_modules/${name}`);
    const more = [...asked.filter((one) => flagged.has(one)), ...(inside.get(place) ?? [])];
    pending.push(...more.map((one) => ({ place: one, bundler })));
  }
  return bundled;
}

/** Of what lies in the project itself, the bundler is no entry. */
function splitPlace(place: string): { readonly bundler: string; readonly name: string } {
  const [, bundler = '', name = ''] = /^(.*)\/node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(place) ?? [];
  return { bundler, name };
}
