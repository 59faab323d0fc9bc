import type { GrandfatheredCounts } from '../../../adapters/postgres/read-grandfatherings.ts';
import type { Finding, ServerCheck } from './check.ts';

/** Two weeks: what ends sooner is said. */
const NOTICE_MS = 14 * 86_400_000;

/** What may stay where it was, and for how long; past its date it should have gone, or been let in. */
export function judgeGrandfathered({ stands, ended, next }: GrandfatheredCounts, now: Date): Finding[] {
  const findings: Finding[] = [];
  if (ended > 0)
    findings.push({
      level: 'fail',
      says: `${ended} imported artifacts are in their environments past their date, and no promotion let them in`,
      next: 'pratique policy report shows which; promote what passes, replace what does not',
    });
  if (next !== null && Date.parse(next) - now.getTime() < NOTICE_MS)
    findings.push({
      level: 'warn',
      says: `of ${stands} imported artifacts the first may stay until ${next}`,
      next: 'pratique policy report shows what their gates say',
    });
  if (findings.length > 0) return findings;
  return [
    { level: 'ok', says: stands === 0 ? 'nothing is grandfathered' : `${stands} are grandfathered, all for two weeks` },
  ];
}

export const check: ServerCheck = {
  name: 'grandfathered',
  examine: async (facts) => judgeGrandfathered(await facts.grandfathered(), facts.now()),
};
