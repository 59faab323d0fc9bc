import { parsePurl } from '../../sbom/purl.ts';
import type { Arrival } from '../arrival.ts';
import { isPublicRegistry } from '../public-registries.ts';
import { type ReviewCheck, toOrigin } from '../review-context.ts';

/**
 * A package from another registry than before, from a repository or an address instead of one, from a registry nobody used,
 * or in the place of another one: at its address, or by a `replace` of Go.
 */
export const checkMovedSource: ReviewCheck = (arrival, { origins }) => {
  const { component, same, before } = arrival;
  const place = sourceOf(component.purl);
  const base = { rule: 'moved-source' as const, component };
  const listed = newlyListedAs(arrival);
  if (listed !== undefined) return [{ ...base, level: 'error', message: listed }];
  if (
    before.length > 0 &&
    same === undefined &&
    place !== undefined &&
    !before.some(({ purl }) => sourceOf(purl) === place)
  ) {
    const known = before.map(({ purl }) => sourceOf(purl)).find((one) => one !== undefined) ?? 'a registry';
    return [{ ...base, level: 'error', message: `from ${place}, before from ${known}` }];
  }
  const from = component.fetchedFrom ?? [];
  const homes = before.map(({ purl }) => sourceOf(purl));
  // The name may be anybody's there: what a repository of ours has is often published nowhere.
  if (place === undefined && homes.length > 0 && homes.every((home) => home !== undefined))
    return [
      {
        ...base,
        level: 'error',
        message: `from ${from.join(' and ') || 'a registry'}, before from ${[...new Set(homes)].join(' and ')}`,
      },
    ];
  const earlier = new Set(before.flatMap(({ fetchedFrom }) => fetchedFrom ?? []));
  const moved = from.filter((origin) => !earlier.has(origin));
  if (earlier.size > 0 && moved.length > 0)
    return [
      { ...base, level: 'error', message: `from ${moved.join(' and ')}, before from ${[...earlier].join(' and ')}` },
    ];
  // No address is that of the registry that is configured, which a public one is likely to be.
  const named = from.filter((origin) => !isPublicRegistry(origin));
  if (before.length > 0 && earlier.size === 0 && homes.every((home) => home === undefined) && named.length > 0)
    return [{ ...base, level: 'error', message: `from ${named.join(' and ')}, before without an address` }];
  const used = origins.get(component.ecosystem);
  const unused = (used?.size === 0 ? named : from).map(toOrigin).filter((origin) => used?.has(origin) === false);
  return before.length === 0 && unused.length > 0
    ? [{ ...base, level: 'warning', message: `from ${unused.join(' and ')}, where no package came from before` }]
    : [];
};

/** A `replace` of Go stands for every version of both; an address of npm is that of one version. */
function newlyListedAs({ component, same, before }: Arrival): string | undefined {
  const { listedAs, ecosystem } = component;
  if (listedAs === undefined) return undefined;
  if (ecosystem !== 'Go')
    return listedAs === same?.listedAs ? undefined : `listed as ${listedAs}, at the address of this one`;
  const nameOf = (one: string | undefined) => one?.replace(/@[^@]*$/, '');
  const wasSo = before.some((one) => nameOf(one.listedAs) === nameOf(listedAs));
  return wasSo ? undefined : `replaces ${listedAs}`;
}

/** The repository or the address, without the commit; `undefined` for a registry. */
function sourceOf(purl: string): string | undefined {
  const { vcs_url: repository, download_url: address } = parsePurl(purl).qualifiers ?? {};
  if (address !== undefined) return toOrigin(address);
  return repository?.replace(/@[^@/]*$/, '');
}
