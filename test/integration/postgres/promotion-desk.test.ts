/** What a person is told who asks for a promotion. */
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPromotionDesk } from '../../../adapters/temporal/promotion-desk.ts';
import type { WorkflowStarter } from '../../../adapters/temporal/workflow-starter.ts';
import type { PromotionDesk } from '../../../domain/promotion/promotion-desk.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let desk: PromotionDesk;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
  // Nothing is decided here, and the sweeper would start what nobody started.
  const starter = {
    startRequested: () => Promise.reject(new Error('away')),
  } as Partial<WorkflowStarter> as WorkflowStarter;
  desk = createPromotionDesk(own.db, {} as Client, harbour.policies, starter, () => Promise.resolve());
});
afterAll(() => own.drop());

test('what is under way was asked for, what is live is live, however a later try under another tag ended', async () => {
  const key = { repository: 'shop', digest: digestOf('live once') };
  const promotion = `promotion/dev/shop@${key.digest}`;
  const ask = (tag: string) => desk.request({ key, environment: 'dev', tag, rollback: false, actor: 'ada' });
  await harbour.liveInDev(key, { tag: '1.0' });
  expect(await ask('1.0')).toEqual({ outcome: 'already-live', promotion });
  expect(await ask('latest')).toEqual({ outcome: 'requested', promotion, generation: 2 });
  expect(await ask('1.0')).toEqual({ outcome: 'already-open', promotion, generation: 2 });
  await harbour.promotions.end({ environment: 'dev', ...key, generation: 2 }, { state: 'superseded', reason: 'test' });
  expect(await ask('1.0')).toEqual({ outcome: 'already-live', promotion });
});
