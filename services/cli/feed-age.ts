/** How old advisories are, and whether that is too old. */
import { InvalidArgumentError } from 'commander';
import type { AdvisoryDatabaseState } from '../../domain/advisory/database.ts';

const UNITS = { h: 3_600_000, d: 86_400_000 } as const;

/** `36h` or `7d`, in milliseconds. Throws an InvalidArgumentError. */
export function parseAge(text: string): number {
  const [, count, unit] = /^(\d{1,4})([hd])$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0)
    throw new InvalidArgumentError(`"${text}" is no age. Give hours or days: 36h, 7d.`);
  return Number(count) * UNITS[unit as keyof typeof UNITS];
}

function describe(milliseconds: number): string {
  return milliseconds < 2 * UNITS.d
    ? `${Math.floor(milliseconds / UNITS.h)} hours`
    : `${Math.floor(milliseconds / UNITS.d)} days`;
}

/** Clocks differ by less than this, in milliseconds. */
const CLOCK_SKEW = UNITS.h;

/**
 * Since they were brought in; where nobody knows when, since the newest record changed. Undefined where neither is known,
 * or is yet to come: a time of the future says nothing about an age.
 */
export function ageOf({ syncedAt, newest }: AdvisoryDatabaseState, now: Date): number | undefined {
  const since = Date.parse(syncedAt ?? newest ?? '');
  const age = now.getTime() - since;
  return Number.isNaN(age) || age < -CLOCK_SKEW ? undefined : Math.max(0, age);
}

/** Why they are too old, in words; undefined where they are not. */
export function describeStaleness(
  state: AdvisoryDatabaseState,
  now: Date,
  most: number | undefined,
): string | undefined {
  if (most === undefined) return undefined;
  const age = ageOf(state, now);
  if (age === undefined) return 'nobody knows how old the advisories are, so that nothing found is no clean bill';
  if (age <= most) return undefined;
  return `the advisories are ${describe(age)} old, at most ${describe(most)} are allowed: nothing found is no clean bill; run pratique advisories sync`;
}
