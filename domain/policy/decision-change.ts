import type { Verdict } from './verdict.ts';

type Compared = Pick<Verdict, 'policy' | 'outcome' | 'admitted' | 'gates'>;

/**
 * What makes the decision another one than the one somebody saw, in words: the policy, and each gate that now says something
 * else. `before` is undefined where nobody knows the decision that was seen.
 */
export function describeDecisionChange(before: Compared | undefined, after: Compared): string {
  if (before === undefined) return 'that is no decision about this artifact and environment';
  const changes: string[] = [];
  if (before.policy.digest !== after.policy.digest)
    changes.push(`the policy was version ${before.policy.version}, and is version ${after.policy.version}`);
  const names = new Set([...before.gates, ...after.gates].map(({ gate }) => gate));
  for (const name of names) {
    const [was, is] = [before, after].map(({ gates }) => gates.find(({ gate }) => gate === name));
    if (was?.verdict === is?.verdict && was?.reason === is?.reason) continue;
    changes.push(`${name} was ${said(was)}, and is ${said(is)}`);
  }
  return changes.length === 0 ? 'its findings changed' : changes.join('; ');
}

function said(gate: Compared['gates'][number] | undefined): string {
  if (gate === undefined) return 'not asked';
  return gate.reason === '' ? gate.verdict : `${gate.verdict} (${gate.reason})`;
}
