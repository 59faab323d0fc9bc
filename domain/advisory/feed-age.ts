/** How old the advisories of one ecosystem are: each has a feed of its own, and one that stands still is not made young by another. */
import { ecosystems } from '../sbom/component.ts';

/** What is known of an ecosystem's feed. */
export interface FeedTime {
  /** RFC 3339: when it was brought in last, changed or not. Absent where its records only came along with another feed's. */
  readonly syncedAt?: string;
  /** RFC 3339: the newest `modified` of its records, where nobody brought it in (a folder that was found). */
  readonly newest?: string;
  /** Its own feed was brought in, and not only a file with such records: from then on only that tells its age. */
  readonly named?: true;
}

export type FeedTimes = Readonly<Record<string, FeedTime>>;

/** The ecosystem whose feed an address or a path is, in OSV's layout: `…/npm/all.zip`, `…/npm`; undefined where it does not say. */
export function feedEcosystem(source: string): string | undefined {
  const folder = source.replace(/[?#].*$/, '').replace(/(?:[/\\]all\.zip)?[/\\]*$/, '');
  const last = folder.split(/[/\\]/).at(-1) ?? '';
  const name = /^(?:[^%]|%[0-9A-Fa-f]{2})*$/.test(last) ? decode(last) : last;
  return ecosystems.find((ecosystem) => ecosystem === name && ecosystem !== 'generic');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The times after an import at `at`. `named`: ecosystems whose own feeds it brought; without, it speaks for every ecosystem its records
 * name (`seen`) that has no feed of its own.
 */
export function afterImport(
  times: FeedTimes,
  { named, seen, at }: { readonly named: readonly string[]; readonly seen: Iterable<string>; readonly at: string },
): FeedTimes {
  const brought: [string, FeedTime][] =
    named.length > 0
      ? named.map((ecosystem) => [ecosystem, { syncedAt: at, named: true }])
      : [...seen].flatMap((ecosystem) => (times[ecosystem]?.named ? [] : [[ecosystem, { syncedAt: at }]]));
  return { ...times, ...Object.fromEntries(brought) };
}

/** The feed that was brought in longest ago, of those that are needed; `at` is undefined where nobody knows when. */
export function oldestFeed(
  times: FeedTimes,
  needed: Iterable<string>,
): { readonly ecosystem: string; readonly at: string | undefined } | undefined {
  let oldest: { ecosystem: string; at: string | undefined } | undefined;
  for (const ecosystem of needed) {
    const at = times[ecosystem]?.syncedAt ?? times[ecosystem]?.newest;
    if (at === undefined || Number.isNaN(Date.parse(at))) return { ecosystem, at: undefined };
    if (oldest?.at === undefined || Date.parse(at) < Date.parse(oldest.at)) oldest = { ecosystem, at };
  }
  return oldest;
}

/** Each ecosystem once, as old as the oldest that is said of it: one of no known age (`at` undefined) is older than any. */
export function eachFeedOnce(
  feeds: readonly { readonly ecosystem: string; readonly at: string | undefined }[],
): { readonly ecosystem: string; readonly at: string | undefined }[] {
  return [...Map.groupBy(feeds, ({ ecosystem }) => ecosystem)].map(([ecosystem, said]) => {
    const times = said.flatMap(({ at }) => (at === undefined || Number.isNaN(Date.parse(at)) ? [] : [at]));
    const [oldest] = times.toSorted((a, b) => Date.parse(a) - Date.parse(b));
    return { ecosystem, at: times.length === said.length ? oldest : undefined };
  });
}
