/** What is shown of promotions that went live, once an incident has taken out what they let in. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readArtifactDetail } from '../../../adapters/postgres/read-artifact-detail.ts';
import { listPromotions, readPromotion } from '../../../adapters/postgres/read-promotions.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

/** Fences it, takes it out, and confirms that. */
async function takeOut({ digest }: ArtifactKey, reason: string): Promise<string> {
  const selector = { kind: 'digest', value: digest } as const;
  const { id: incident } = await harbour.incidents.open({ selector, reason, actor: 'rita' });
  for (const holding of await harbour.quarantines.holdings({ digest, incident }))
    await harbour.quarantines.recordRemoved({ digest, incident }, holding);
  await harbour.quarantines.confirm({ digest, incident }, { readBacks: 2, environments: ['dev'] });
  return incident;
}

async function letOut({ digest }: ArtifactKey): Promise<void> {
  const asked = await harbour.incidents.requestRelease({ digest, reason: 'clean', actor: 'ann' });
  if (asked.outcome !== 'waiting') throw new Error(`the release is ${asked.outcome}`);
  await harbour.incidents.decideRelease({ request: asked.request, verb: 'approve', reason: 'agreed', actor: 'ben' });
}

/** Of its promotions into dev, newest first. */
async function listed({ digest }: ArtifactKey, state?: 'live' | 'quarantined') {
  const { items } = await listPromotions(own.db, { state, environment: 'dev' }, { after: undefined, limit: 100 });
  return items.filter((item) => item.digest === digest).map((item) => [item.generation, item.state]);
}

const key = (name: string): ArtifactKey => ({ repository: 'shop', digest: digestOf(name) });
const readDev = (of: ArtifactKey) => readPromotion(own.db, 'dev', of);

test('a promotion of what was taken out is quarantined, and not live, wherever it is shown', async () => {
  const [out, stays] = [key('taken out'), key('stays')];
  await harbour.liveInDev(out);
  await harbour.liveInDev(stays);
  const before = await readDev(out);
  expect(before).toMatchObject({ state: 'live', liveAt: before?.endedAt });
  const incident = await takeOut(out, 'its key leaked');
  const now = await readDev(out);
  const reason = `taken out by incident ${incident}: its key leaked`;
  expect(now).toMatchObject({ state: 'quarantined', reason, liveAt: before?.liveAt });
  expect(Date.parse(now?.endedAt ?? '')).toBeGreaterThan(Date.parse(before?.endedAt ?? ''));
  const { promotions } = await readArtifactDetail(own.db, out);
  expect(promotions).toContainEqual(expect.objectContaining({ environment: 'dev', state: 'quarantined' }));
  expect(await listed(out, 'live')).toEqual([]);
  expect(await listed(out, 'quarantined')).toEqual([[1, 'quarantined']]);
  expect(await listed(stays, 'live')).toEqual([[1, 'live']]);
  expect(await listed(stays, 'quarantined')).toEqual([]);
});

test('what is fenced and was not taken out yet is live', async () => {
  const fenced = key('fenced');
  await harbour.liveInDev(fenced);
  const selector = { kind: 'digest', value: fenced.digest } as const;
  await harbour.incidents.open({ selector, reason: 'suspected', actor: 'rita' });
  expect(await listed(fenced, 'live')).toEqual([[1, 'live']]);
});

test('each promotion names the incident that took it out; one after the release is live', async () => {
  const back = key('comes back');
  await harbour.liveInDev(back);
  const first = await takeOut(back, 'suspected');
  await letOut(back);
  const row = { tag: null, build_order: 1, rollback: false, requested_by: 'ops', trace: null };
  const [again] = await harbour.request({ environment: 'dev', key: back, row });
  await harbour.enter(again!.key);
  expect(await listed(back)).toEqual([
    [2, 'live'],
    [1, 'quarantined'],
  ]);
  const second = await takeOut(back, 'suspected again');
  const { promotions } = await readArtifactDetail(own.db, back);
  const reasons = promotions.filter(({ environment }) => environment === 'dev').map((one) => one.reason);
  expect(reasons).toEqual([
    `taken out by incident ${first}: suspected`,
    `taken out by incident ${second}: suspected again`,
  ]);
});
