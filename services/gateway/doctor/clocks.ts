import type { Finding, ServerCheck } from './check.ts';
import type { DoctorFacts } from './facts.ts';

/** Seconds. The registry takes tokens that are a minute off; a header is true to the second, an answer takes a while. */
const FAIL_ABOVE = 30;
const WARN_ABOVE = 5;

/** Compares a server's clock with ours, read before and after it was asked. */
export function judgeClock(name: string, theirs: Date, before: Date, after: Date): Finding {
  const middle = (before.getTime() + after.getTime()) / 2;
  const seconds = (theirs.getTime() - middle) / 1000;
  const off = Math.abs(seconds);
  const says = `${name}: ${off.toFixed(1)} s ${seconds < 0 ? 'behind' : 'ahead of'} the gateway`;
  if (off <= WARN_ABOVE) return { level: 'ok', says };
  return {
    level: off > FAIL_ABOVE ? 'fail' : 'warn',
    says,
    next: 'set both machines by the same time service (chronyc tracking, timedatectl): tokens and leases end too early, or too late',
  };
}

async function compare(facts: DoctorFacts, name: string, ask: () => Promise<Date | undefined>): Promise<Finding> {
  const before = facts.now();
  try {
    const theirs = await ask();
    return theirs === undefined
      ? { level: 'unknown', says: `${name}: does not say what time it is`, next: 'compare its clock by hand' }
      : judgeClock(name, theirs, before, facts.now());
  } catch {
    return { level: 'unknown', says: `${name}: does not answer`, next: 'see what runs: pratique status' };
  }
}

export const check: ServerCheck = {
  name: 'clocks',
  examine: (facts) =>
    Promise.all([
      compare(facts, 'Postgres', () => facts.databaseClock()),
      compare(facts, 'Temporal', () => facts.temporalClock()),
      compare(facts, 'the registry', async () => (await facts.registry()).clock),
    ]),
};
