import type { DoctorCheckAnswer } from '../api-answers.ts';
import type { LocalCheck, Surroundings } from './check.ts';
import { check as disk } from './disk.ts';
import { check as keyPermissions } from './key-permissions.ts';
import { check as ownClock } from './own-clock.ts';
import { check as soleWriter } from './sole-writer.ts';

/** All of them, in the order of the report. */
const checks: readonly LocalCheck[] = [soleWriter, ownClock, keyPermissions, disk];

/** The checks that have something to look at here. */
export async function examineHere(surroundings: Surroundings): Promise<DoctorCheckAnswer[]> {
  const reports: DoctorCheckAnswer[] = [];
  for (const { name, examine } of checks) {
    const findings = await examine(surroundings).catch((error: unknown): DoctorCheckAnswer['findings'] => [
      {
        level: 'unknown',
        says: `could not look: ${(error as Error).message}`,
        next: 'run it as the user who runs the stack',
      },
    ]);
    if (findings !== undefined) reports.push({ name, findings });
  }
  return reports;
}
