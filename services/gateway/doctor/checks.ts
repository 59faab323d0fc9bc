import { within } from '../../../adapters/concurrency/within.ts';
import { check as advisories } from './advisories.ts';
import { check as approvers } from './approvers.ts';
import type { Finding, ServerCheck } from './check.ts';
import { check as clocks } from './clocks.ts';
import type { DoctorFacts } from './facts.ts';
import { check as grandfathered } from './grandfathered.ts';
import { check as keys } from './keys.ts';
import { check as temporal } from './temporal.ts';
import { check as topics } from './topics.ts';
import { check as versions } from './versions.ts';

/** All of them, in the order of the report. */
const checks: readonly ServerCheck[] = [clocks, versions, temporal, topics, advisories, keys, approvers, grandfathered];

/** Milliseconds; all run side by side. */
const PATIENCE_MS = 10_000;

/** Runs every check; one that can not look, or takes too long, says so and holds up no other. */
export async function examineAll(facts: DoctorFacts) {
  const reports = checks.map(async (check) => ({ name: check.name, findings: [...(await examine(check, facts))] }));
  return Promise.all(reports);
}

async function examine(check: ServerCheck, facts: DoctorFacts): Promise<readonly Finding[]> {
  const examined = Promise.resolve().then(() => check.examine(facts));
  const found = await within(PATIENCE_MS, examined, () => undefined).catch(() => undefined);
  if (found !== undefined) return found;
  return [
    {
      level: 'unknown',
      says: 'what it looks at does not answer',
      next: 'see what runs: pratique status; then again',
    },
  ];
}
