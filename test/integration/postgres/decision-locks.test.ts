/** A decision may reach everything there is: what it locks for long is looked at by nobody else. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { transact } from '../../../adapters/postgres/database.ts';
import { createDecisionBook } from '../../../adapters/postgres/decision-book.ts';
import { requestRescan } from '../../../adapters/postgres/workflow-request.ts';
import { count, harbour, hold, nameOf, own, publish, rescan, standOnRescans } from './rescan-stage.ts';

standOnRescans();

const decider = { subject: 'mia', role: 'approver' } as const;

test('while a decision is revoked and its artifacts are outdated, others ask for a rescan without waiting', async () => {
  const key = await hold('locked');
  const { digest } = key;
  await harbour.requestDev(key);
  await publish(`GHSA-locked-${count}`);
  await rescan();
  const book = createDecisionBook(own.db, () => harbour.policies.current());
  const { id } = await book.make(
    {
      ...{ advisory: `GHSA-locked-${count}`, state: 'not_affected', justification: 'component_not_present' },
      ...{ reason: 'test', scope: { component: `pkg:npm/${nameOf()}` } },
    },
    decider,
  );
  let revoked: Promise<unknown> | undefined;
  await transact(own.db, async (trx) => {
    await sql`
      select 1 from stock s join artifact_stock x on x.stock = s.digest where x.digest = ${digest} for update of s`.execute(
      trx,
    );
    revoked = book.revoke(id, 'reachable after all', decider);
    await own.blocked(1);
    await transact(own.db, async (other) => {
      await sql`set local lock_timeout = '1s'`.execute(other);
      await requestRescan(other);
    });
  });
  expect(await revoked).toMatchObject({ id, revoked: { by: 'mia' } });
});
