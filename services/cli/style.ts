import pc from 'picocolors';
import type { CliIo } from './io.ts';

/** How answers are shown to people. */
export interface Style {
  readonly paint: ReturnType<typeof pc.createColors>;
  /** Digests in full, not their first characters, and lists with all they have, not their first few. */
  readonly full: boolean;
  readonly now: Date;
}

/** Colours on a terminal only; NO_COLOR (no-color.org) and TERM=dumb turn them off, FORCE_COLOR turns them on. */
export function createStyle(io: CliIo, full: boolean): Style {
  const { NO_COLOR: off, FORCE_COLOR: on, TERM: terminal } = io.env;
  const isColoured = on ? on !== '0' : !off && io.out.isTTY === true && terminal !== 'dumb';
  return {
    paint: pc.createColors(isColoured),
    full,
    // Of the moment it is asked for: a command that waits shows what came after it began.
    get now() {
      return io.now?.() ?? new Date();
    },
  };
}

/** `sha256:` and twelve digits are enough to tell two apart and to search for. */
export function shortDigest(digest: string, { full }: Style): string {
  return full ? digest : digest.slice(0, 'sha256:'.length + 12);
}

/** What a cell has room for. */
const LISTED = 3;

/** `1.0, 1.1, latest, +297`; `-` for none. */
export function shortList(names: readonly string[], { full }: Style): string {
  if (full || names.length <= LISTED) return names.join(', ') || '-';
  return [...names.slice(0, LISTED), `+${names.length - LISTED}`].join(', ');
}

/** `<repository>@<digest>` with a short digest. */
export function shortSubject(repository: string, digest: string, style: Style): string {
  return `${repository}@${shortDigest(digest, style)}`;
}

/** `2026-11-21 05:41:48Z (3 min ago)` from an RFC 3339 time; `-` for none. */
export function formatTime(at: string | null | undefined, { now, paint }: Style): string {
  if (at === null || at === undefined) return '-';
  const time = Date.parse(at);
  if (Number.isNaN(time)) return at;
  const absolute = new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
  return `${absolute} ${paint.dim(`(${relative(time - now.getTime())})`)}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

function relative(milliseconds: number): string {
  const distance = Math.abs(milliseconds);
  for (const [unit, size] of UNITS)
    if (distance >= size) {
      const count = `${Math.floor(distance / size)} ${unit}`;
      return milliseconds < 0 ? `${count} ago` : `in ${count}`;
    }
  return 'now';
}

/** A word that says good, bad or neither, in its colour. */
export function paintState(state: string, { paint }: Style): string {
  if (/^(?:pass|judged|live|verified|identical|released|confirmed|contained|admitted)$/.test(state))
    return paint.green(state);
  if (/^(?:fail|failed|denied|rejected|quarantined|different|expired|fenced)$/.test(state)) return paint.red(state);
  return /^(?:unknown|waiting|pending|removing|open)$/.test(state) ? paint.yellow(state) : state;
}
