import type { Finding, ServerCheck } from './check.ts';
import type { ApproverFacts } from './facts.ts';

/** Whether production believes the database about whose keys approve. */
export function judgeApprovers({ production, list }: ApproverFacts): Finding[] {
  if (list !== undefined && list.digest !== null)
    return [
      {
        level: 'ok',
        says: `the trust worker counts the keys of ${list.people} people, by its own list ${list.digest}`,
      },
    ];
  if (production.length === 0)
    return [{ level: 'ok', says: 'no environment of production enforces, and none needs a list of approvers' }];
  const which = production.join(', ');
  if (list === undefined)
    return [
      {
        level: 'unknown',
        says: `${which} enforces, and no trust worker has said yet whether it has a list of approvers`,
        next: 'see whether it runs: pratique status',
      },
    ];
  return [
    {
      level: 'warn',
      says: `${which} enforces, and the trust worker has no list of approvers of its own: who writes to Postgres says whose keys approve`,
      next: 'write one, and name it in PRATIQUE_APPROVERS_FILE of the trust worker (docs/policy.md)',
    },
  ];
}

export const check: ServerCheck = {
  name: 'approvers',
  examine: async (facts) => judgeApprovers(await facts.approvers()),
};
