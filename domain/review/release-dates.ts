import type { Component } from '../sbom/component.ts';

/** Says when a version of a package was published. */
export interface ReleaseDates {
  /** Whether it can be asked about packages of that kind. */
  knows(component: Component): boolean;
  /** RFC 3339; `undefined` where the registry has no such version, gives no date, or does not answer. */
  publishedAt(component: Component): Promise<string | undefined>;
}

const CONCURRENCY = 8;

/** By purl the dates of all packages that `dates` can be asked about; `undefined` for those it could not tell. */
export async function collectReleaseDates(
  components: readonly Component[],
  dates: ReleaseDates,
): Promise<Map<string, string | undefined>> {
  const found = new Map<string, string | undefined>();
  const pending = components.filter((component) => dates.knows(component)).toReversed();
  const work = async (): Promise<void> => {
    for (let next = pending.pop(); next !== undefined; next = pending.pop())
      found.set(next.purl, await dates.publishedAt(next));
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return found;
}
