/** How old advisories are, and whether that is too old. */
import { InvalidArgumentError } from 'commander';
import type { AdvisoryDatabaseState } from '../../domain/advisory/database.ts';
import { oldestFeed } from '../../domain/advisory/feed-age.ts';
import { parseDuration } from './duration.ts';

const UNITS = { h: 3_600_000, d: 86_400_000 } as const;

/** An hour or more, in milliseconds. Throws an InvalidArgumentError. */
export function parseAge(text: string): number {
  const age = parseDuration(text) * 1000;
  if (age < UNITS.h) throw new InvalidArgumentError(`"${text}" is less than an hour. Give hours or days: 36h, 7d.`);
  return age;
}

function describe(milliseconds: number): string {
  return milliseconds < 2 * UNITS.d
    ? `${Math.floor(milliseconds / UNITS.h)} hours`
    : `${Math.floor(milliseconds / UNITS.d)} days`;
}

/** Clocks differ by less than this, in milliseconds. */
const CLOCK_SKEW = UNITS.h;

const NO_BILL = 'nothing found is no clean bill; run pratique advisories sync';

/** Why nothing found says nothing of these ecosystems, or distributions. */
export const describeNoAdvisories = (uncovered: readonly string[]): string =>
  `there are no advisories of ${uncovered.join(', ')}: ${NO_BILL}`;

/**
 * Since they were brought in; where nobody knows when, since the newest record changed. Undefined where neither is known,
 * or is yet to come: a time of the future says nothing about an age.
 */
export function ageOf({ syncedAt, newest }: AdvisoryDatabaseState, now: Date): number | undefined {
  return since(syncedAt ?? newest, now);
}

/** Milliseconds since; undefined for what is no time, or one of the future. */
function since(at: string | undefined, now: Date): number | undefined {
  const age = now.getTime() - Date.parse(at ?? '');
  return Number.isNaN(age) || age < -CLOCK_SKEW ? undefined : Math.max(0, age);
}

/**
 * Why they are too old, in words; undefined where they are not. Of the feeds that are `needed` (ecosystems of what was scanned) each
 * has to be young enough; where the index has no time for each, or nothing was found to need one, all of it together. What is
 * `uncovered` has none.
 */
export function describeStaleness(
  state: AdvisoryDatabaseState,
  {
    now,
    most,
    needed,
    uncovered,
  }: {
    readonly now: Date;
    readonly most: number | undefined;
    readonly needed: ReadonlySet<string>;
    readonly uncovered: readonly string[];
  },
): string | undefined {
  if (most === undefined) return undefined;
  if (uncovered.length > 0) return describeNoAdvisories(uncovered);
  const { feeds } = state;
  const oldest = feeds === undefined ? undefined : oldestFeed(feeds, needed);
  const what = oldest === undefined ? 'the advisories' : `the advisories of ${oldest.ecosystem}`;
  const age = oldest === undefined ? ageOf(state, now) : since(oldest.at, now);
  if (age === undefined) return `nobody knows how old ${what} are, so that ${NO_BILL.replace(/;.*/, '')}`;
  if (age <= most) return undefined;
  return `${what} are ${describe(age)} old, at most ${describe(most)} are allowed: ${NO_BILL}`;
}
