import { printSeconds } from '../../../domain/policy/instant.ts';
import type { Finding, ServerCheck } from './check.ts';

/** Of a policy that does not say. */
const DEFAULT_MAXIMUM_SECONDS = 7 * 86_400;

/** As the gate `scan-fresh` has it: by the last synchronisation, else by the newest record. Times in RFC 3339. */
export function judgeFeed(
  state: { readonly records: number; readonly newest: string | null; readonly syncedAt: string | null },
  now: Date,
  maximumSeconds = DEFAULT_MAXIMUM_SECONDS,
): Finding {
  const next = 'bring in newer ones: pratique advisories sync --from DIR|ZIP|URL';
  const at = state.syncedAt ?? state.newest;
  if (state.records === 0 || at === null)
    return { level: 'fail', says: 'there are no advisories: every scan is unknown', next };
  const seconds = (now.getTime() - Date.parse(at)) / 1000;
  const says = `${state.records} advisories, ${state.syncedAt === null ? 'the newest' : 'brought in'} ${printSeconds(seconds)} ago (at most ${printSeconds(maximumSeconds)} allowed)`;
  if (seconds > maximumSeconds) return { level: 'fail', says, next };
  return seconds > maximumSeconds / 2 ? { level: 'warn', says, next } : { level: 'ok', says };
}

/** Feeds of ecosystems that stand still while others come in, or that nobody brought in; an artifact that needs one is unknown. */
export function judgeFeeds(
  feeds: readonly { readonly ecosystem: string; readonly syncedAt: string | null }[],
  now: Date,
  maximumSeconds = DEFAULT_MAXIMUM_SECONDS,
): Finding[] {
  const isOld = (at: string | null) => at !== null && (now.getTime() - Date.parse(at)) / 1000 > maximumSeconds;
  const namesOf = (those: typeof feeds) => those.map(({ ecosystem }) => ecosystem).join(', ');
  const old = namesOf(feeds.filter(({ syncedAt }) => isOld(syncedAt)));
  const timeless = namesOf(feeds.filter(({ syncedAt }) => syncedAt === null));
  const warn = (says: string, next: string): Finding => ({ level: 'warn', says, next });
  return [
    ...(old === ''
      ? []
      : [
          warn(
            `not brought in for ${printSeconds(maximumSeconds)}, and unknown to what needs them: the advisories of ${old}`,
            'bring in newer ones: pratique advisories sync --from DIR|ZIP|URL',
          ),
        ]),
    ...(timeless === ''
      ? []
      : [
          warn(
            `of no known age, and unknown to what needs them: the advisories of ${timeless}, which came with those of others`,
            'bring in their own: pratique advisories sync --from DIR|ZIP|URL',
          ),
        ]),
  ];
}

/** Ecosystems that stored components are of, and no advisory at all: an artifact that needs one is unknown. */
export function judgeLacking(feeds: readonly { readonly ecosystem: string }[], needed: readonly string[]): Finding[] {
  const lacking = needed.filter((name) => feeds.every(({ ecosystem }) => ecosystem !== name));
  if (lacking.length === 0) return [];
  return [
    {
      level: 'warn',
      says: `none at all, and unknown to what needs them: the advisories of ${lacking.join(', ')}, of which components are stored here`,
      next: 'bring them in: pratique advisories sync --from DIR|ZIP|URL',
    },
  ];
}

export const check: ServerCheck = {
  name: 'advisories',
  async examine(facts) {
    const [state, maximum, needed] = await Promise.all([
      facts.advisories(),
      facts.advisoriesMaximumAge(),
      facts.neededEcosystems(),
    ]);
    const { failure } = state;
    return [
      judgeFeed(state, facts.now(), maximum),
      ...judgeFeeds(state.feeds, facts.now(), maximum),
      // Without any, that is said once.
      ...(state.records === 0 ? [] : judgeLacking(state.feeds, needed)),
      ...(failure === null
        ? []
        : [
            {
              level: 'warn' as const,
              says: `the last import of ${failure.source} failed: ${failure.reason}`,
              next: 'pratique advisories status',
            },
          ]),
    ];
  },
};
