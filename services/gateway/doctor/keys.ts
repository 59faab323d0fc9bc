import { hasEnded } from '../../../domain/policy/instant.ts';
import type { Finding, ServerCheck } from './check.ts';
import type { KeyFacts } from './facts.ts';

/** A month: what ends sooner is said. */
const NOTICE_MS = 30 * 86_400_000;

/** Own keys that sign no more with nothing in their place; and signers of the policy whose trust ends, or has ended. */
export function judgeKeys({ signers, stopped, toRotate }: KeyFacts, now: Date): Finding[] {
  const soon = new Date(now.getTime() + NOTICE_MS).toISOString();
  const findings: Finding[] = stopped.map((name) => ({
    level: 'fail',
    says: `the own key ${name} is stopped, and nothing signs in its place`,
    next: `pratique key rotate ${name} --overlap PT0S --reason TEXT`,
  }));
  for (const { name, until, state } of signers) {
    if (until === undefined || state === 'revoked') continue;
    if (hasEnded(until, now.toISOString()))
      findings.push({
        level: 'warn',
        says: `the trust in signer ${name} has ended at ${until}: only what proves that it was signed before counts`,
        next: 'take it out of the policy, or name the key that took its place',
      });
    else if (hasEnded(until, soon))
      findings.push({
        level: 'warn',
        says: `the trust in signer ${name} ends at ${until}`,
        next: 'renew it in the policy, or sign with another key before',
      });
  }
  for (const rotation of toRotate)
    findings.push({
      level: 'warn',
      says: `the rotation of ${rotation.key} left ${rotation.refused} places unsigned`,
      next: `pratique key rotate ${rotation.key} --status`,
    });
  return findings.length > 0 ? findings : [{ level: 'ok', says: 'no key and no trust ends within 30 days' }];
}

export const check: ServerCheck = {
  name: 'keys',
  examine: async (facts) => judgeKeys(await facts.keys(), facts.now()),
};
