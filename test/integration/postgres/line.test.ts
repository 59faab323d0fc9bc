/** Stopping the line against promotions on their way, on a real Postgres. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { shareIncidentEpoch } from '../../../adapters/postgres/epoch.ts';
import { createLineDesk, findLineStop, stopLine } from '../../../adapters/postgres/line-desk.ts';
import { pendingWakes } from '../../../adapters/postgres/workflow-request.ts';
import { type ArtifactKey, workflowIds } from '../../../domain/artifact/subject.ts';
import type { LineDesk } from '../../../domain/promotion/line-desk.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let line: LineDesk;
let count = 0;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  line = createLineDesk(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());
afterEach(async () => {
  for (const { environment } of await line.list({ ended: false, limit: 10 }))
    await line.resume({ environment, reason: 'the next test', actor: 'test' });
});

const dev = { environment: 'dev', reason: 'checkout is down', actor: 'ada' };
const all = { ...dev, environment: null, reason: 'INC-204' };

function fresh(): ArtifactKey {
  count += 1;
  return { repository: 'shop', digest: digestOf(`line ${count}`) };
}
const asked = async () => {
  const key = fresh();
  return { key, promotion: await harbour.requestDev(key, { tag: key.digest.slice(-12) }) };
};

describe('a line that is stopped', () => {
  test('lets nothing in, says who stopped it and why, and tells whoever waited when it goes on', async () => {
    const { key, promotion } = await asked();
    await line.stop(dev);
    const waiting = await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    expect(waiting).toMatchObject({
      ...{ outcome: 'waiting', for: 'stop' },
      reason: 'the line of dev was stopped by ada: checkout is down',
    });
    const id = workflowIds.promotion('dev', key);
    expect(await pendingWakes(own.db, { ids: [id] })).toEqual([]);
    await line.resume({ ...dev, reason: 'it is back', actor: 'bob' });
    expect(await pendingWakes(own.db, { ids: [id] })).toMatchObject([{ id }]);
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
  });

  test('is that of its environment; one of every environment is another, and ends apart', async () => {
    await line.stop({ ...dev, environment: 'prod' });
    expect(await findLineStop(own.db, 'dev')).toBeUndefined();
    await line.stop(all);
    expect(await findLineStop(own.db, 'dev')).toMatchObject({ reason: 'INC-204' });
    expect(await line.resume(dev)).toBeUndefined();
    await line.resume(all);
    expect(await findLineStop(own.db, 'dev')).toBeUndefined();
    expect(await findLineStop(own.db, 'prod')).toMatchObject({ environment: 'prod' });
  });

  test('is stopped once, by two at once or one after the other, and everybody hears of it once', async () => {
    const staging = { ...dev, environment: 'staging' };
    const [first, second] = await Promise.all([line.stop(staging), line.stop({ ...staging, reason: 'me too' })]);
    expect(second).toEqual(first);
    expect(await line.stop(staging)).toEqual(first);
    await line.resume(staging);
    const events = await harbour.eventsOf('line/staging');
    expect(events.map(({ type }) => type)).toEqual(['line.stopped', 'line.resumed']);
  });
});

describe('a promotion on its way while the line is stopped', () => {
  test('does not go live with a reservation of before', async () => {
    const { promotion } = await asked();
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    expect(await harbour.promotions.planTagMove(promotion, undefined)).toBe(true);
    await line.stop(dev);
    expect(await harbour.promotions.planTagMove(promotion, undefined)).toBe(false);
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({
      ...{ outcome: 'refused', state: 'cancelled' },
      reason: expect.stringContaining('checkout is down'),
    });
  });

  test('that goes live at that moment is live before the answer that it is stopped', async () => {
    const { promotion } = await asked();
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    const going = await heldTransaction(own.db, shareIncidentEpoch);
    const stopping = line.stop(dev);
    await own.blocked(1);
    expect(await harbour.stateOf(promotion)).toBe('reserved');
    await going.commit();
    await stopping;
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'refused' });
  });

  test.each(['reserve', 'goLive'] as const)('%s waits for a stop that is being written, and finds it', async (step) => {
    const { promotion } = await asked();
    if (step === 'goLive') await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    const stopping = await heldTransaction(own.db, (trx) => stopLine(trx, dev));
    const stepping =
      step === 'goLive' ? harbour.promotions.goLive(promotion) : harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await own.blocked(1);
    await stopping.commit();
    expect(await stepping).toMatchObject({ reason: expect.stringContaining('checkout is down') });
  });
});
