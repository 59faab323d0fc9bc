import { statfs } from 'node:fs/promises';
import type { DoctorFinding } from '../api-answers.ts';
import type { LocalCheck } from './check.ts';

const GIB = 1024 ** 3;
/** Kafka and Postgres stop where nothing is left; a large image is a few GiB. */
const FAIL_BELOW = GIB;
const WARN_BELOW = 10 * GIB;

export function judgeDisk(place: string, freeBytes: number): DoctorFinding {
  const says = `${place}: ${(freeBytes / GIB).toFixed(1)} GiB free`;
  if (freeBytes >= WARN_BELOW) return { level: 'ok', says };
  const next = 'make room, or move PRATIQUE_HOME: events are refused where Kafka can not write';
  return { level: freeBytes < FAIL_BELOW ? 'fail' : 'warn', says, next };
}

export const check: LocalCheck = {
  name: 'disk',
  async examine({ home }) {
    if (home === undefined) return undefined;
    const { bavail, bsize } = await statfs(home.dir);
    return [judgeDisk(home.dir, bavail * bsize)];
  },
};
