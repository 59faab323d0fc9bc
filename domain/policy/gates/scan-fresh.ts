import { oldestFeed } from '../../advisory/feed-age.ts';
import type { JudgedArtifact } from '../gate.ts';
import { printSeconds } from '../instant.ts';
import { type Gate, gateOutcome } from './gate-context.ts';
import { scanEvidence } from './scan-evidence.ts';

/** Clocks of two machines may differ by this much; a scan further in the future is not believed. */
const CLOCK_SKEW_SECONDS = 300;

/** Age in seconds; undefined where the text is no instant or lies in the future. */
function ageOf(at: string, now: string): number | undefined {
  const age = (Date.parse(now) - Date.parse(at)) / 1000;
  return age >= -CLOCK_SKEW_SECONDS ? Math.max(age, 0) : undefined;
}

/** The feed that was brought in longest ago, of those that the artifact's components need; where none is known, all advisories. */
function oldestOf({ feeds = [], databaseSyncedAt, databaseNewest }: NonNullable<JudgedArtifact['scan']>): {
  readonly ecosystem?: string;
  readonly at: string | undefined;
} {
  const times = feeds.map(({ ecosystem, at }) => [ecosystem, at === undefined ? {} : { syncedAt: at }] as const);
  const needed = feeds.map(({ ecosystem }) => ecosystem);
  return oldestFeed(Object.fromEntries(times), needed) ?? { at: databaseSyncedAt ?? databaseNewest };
}

/** A scan exists, is young enough, and its advisories were young enough. Never fails: an old answer is no answer. */
export const scanFreshGate: Gate<'scan-fresh'> = (rule, judged, { now }) => {
  const say = (reason: string) => gateOutcome('scan-fresh', 'unknown', reason, { evidence: scanEvidence(judged) });
  const missing = judged.readings?.vulnerabilities?.doubt;
  if (missing !== undefined) return say(missing.reason);
  if (judged.failure !== undefined) return say(`the scan failed: ${judged.failure}`);
  const { scan } = judged;
  if (scan === undefined || judged.platforms.length === 0) return say('this artifact was never scanned');
  const age = ageOf(scan.at, now);
  if (age === undefined) return say('the time of the scan cannot be right');
  if (age > rule.maximumAge)
    return say(`scanned ${printSeconds(age)} ago, at most ${printSeconds(rule.maximumAge)} allowed: scan again`);
  const { ecosystem, at: stateAt } = oldestOf(scan);
  const what = ecosystem === undefined ? 'the advisories' : `the advisories of ${ecosystem}`;
  if (ecosystem !== undefined && stateAt === undefined)
    return say(
      `there are no advisories of ${ecosystem} of a known age: run "pratique advisories sync --from DIR|ZIP|URL"`,
    );
  const stateAge = stateAt === undefined ? undefined : ageOf(stateAt, now);
  if (stateAge === undefined) return say(`the age of ${what} is not known: run "pratique advisories sync"`);
  if (stateAge > rule.databaseMaximumAge)
    return say(
      `${what} are ${printSeconds(stateAge)} old, at most ${printSeconds(rule.databaseMaximumAge)} allowed: run "pratique advisories sync"`,
    );
  return gateOutcome(
    'scan-fresh',
    'pass',
    // Read for as long as the verdict is: by then both are older.
    `judged ${printSeconds(age)} after its scan, against advisories then ${printSeconds(stateAge)} old${ecosystem === undefined ? '' : ` (of the feeds it needs, ${ecosystem} is the oldest)`}`,
    {
      evidence: scanEvidence(judged),
    },
  );
};
