import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { createAdvisoryActivities, type FeedRecord } from '../../../activities/advisories.ts';
import type { AdvisoryImports } from '../../../domain/advisory/epoch.ts';
import type { FeedState } from '../../../domain/advisory/feed-state.ts';

/** Epochs as they end, in order; records without an id are rejected, as the database does. */
function createImports() {
  const ended: string[] = [];
  const sizes: number[] = [];
  const kept = new Map<string, FeedState>();
  let count = 0;
  const imports: AdvisoryImports = {
    begin: async (source) => {
      ended.push(`begin ${source}`);
      count += 1;
      return count;
    },
    stage: async (_epoch, records) => {
      sizes.push(records.length);
      const rejected = records.flatMap((record, index) => (record === 'bad' ? [{ index, reason: 'id: missing' }] : []));
      return { stored: records.length - rejected.length, rejected };
    },
    activate: async (epoch, { count: rejected, first }, brought) => {
      ended.push(`active, ${rejected} rejected: ${first.map(({ place, reason }) => `${place} ${reason}`).join('; ')}`);
      if (brought?.feed !== undefined) kept.set(brought.feed.address, brought.feed.state);
      return { epoch, added: 1, updated: 0, withdrawn: 0, unchanged: 0, rejected };
    },
    fail: async (_epoch, reason) => void ended.push(`failed: ${reason}`),
    feedState: async (address) => kept.get(address),
    confirm: async ({ address, state }) => {
      ended.push(`confirmed ${address}`);
      kept.set(address, state);
    },
  };
  return { imports, ended, sizes };
}

async function sync(
  feeds: Readonly<Record<string, () => AsyncIterable<FeedRecord>>>,
  addresses: readonly string[] = Object.keys(feeds),
) {
  const { imports, ended, sizes } = createImports();
  let woken = 0;
  const { syncAdvisories } = createAdvisoryActivities({
    imports,
    rescans: {
      rescan: async () => ({ epoch: 0, versions: 0, changes: 0, artifacts: 0, incidents: [] }),
      wakeDecisions: async () => ({ ended: 0, artifacts: 0, incidents: [] }),
    },
    feeds: addresses,
    listFeeds: async (address) => address.split('+'),
    openFeed: async (address, known) => {
      const open = feeds[address];
      if (open === undefined) throw new Error('nothing answers');
      return known?.through === 'now'
        ? { kind: 'unchanged', state: known }
        : { kind: 'changed', items: open(), state: () => ({ through: 'now' }) };
    },
    threats: { activate: async () => ({ epoch: 0, added: 0, updated: 0, withdrawn: 0, unchanged: 0, rejected: 0 }) },
    threatFeeds: [],
    readThreatFeed: async () => ({ table: { kind: 'kev', entries: new Map() }, rejected: 0 }),
    wakeStarter: async () => {
      woken += 1;
    },
  });
  const context = { heartbeat: () => undefined, cancellationSignal: new AbortController().signal };
  const report = await asyncLocalStorage.run(context as unknown as Context, syncAdvisories);
  return { report, ended, sizes, woken };
}

async function* records(count: number, last?: unknown): AsyncGenerator<FeedRecord> {
  for (let index = 0; index < count; index += 1) yield { kind: 'record', record: { id: index } };
  if (last !== undefined) yield { kind: 'record', record: last };
}
async function* broken(): AsyncGenerator<FeedRecord> {
  yield* records(3);
  throw new Error('the zip ends in the middle');
}

test('a feed comes in by batches, with what was rejected of it', async () => {
  const { report, ended, sizes, woken } = await sync({ one: () => records(1200, 'bad') });
  expect(sizes).toEqual([500, 500, 201]);
  expect(ended).toEqual(['begin one', 'active, 1 rejected: record 200 id: missing']);
  expect([report.activated.length, report.failed, woken]).toEqual([1, [], 1]);
});

test('one that breaks off fails its epoch, and keeps none of the others', async () => {
  const { report, ended } = await sync({ bad: broken, good: () => records(1) });
  expect(ended).toEqual(['begin bad', 'failed: the zip ends in the middle', 'begin good', 'active, 0 rejected: ']);
  expect(report).toMatchObject({ activated: [{ epoch: 2 }], failed: [{ source: 'bad' }] });
});

test('one without a record is not taken for one that has none', async () => {
  const { report, woken } = await sync({ empty: () => records(0) });
  expect([report.failed, woken]).toEqual([[{ source: 'empty', reason: 'no record could be read' }], 0]);
});

test('one that has nothing new makes no epoch, and is told as it is', async () => {
  const { report, ended } = await sync({ one: () => records(1) }, ['one', 'one']);
  expect(ended).toEqual(['begin one', 'active, 0 rejected: ', 'confirmed one']);
  expect(report).toMatchObject({ activated: [{ epoch: 1 }], unchanged: ['one'], failed: [] });
});

test('an address that stands for several feeds brings each of them in; one that does not answer is a failed import', async () => {
  const { report, ended } = await sync({ one: () => records(1), two: () => records(1) }, ['one+gone+two']);
  expect(ended).toEqual([
    ...[
      'begin one',
      'active, 0 rejected: ',
      'begin gone',
      'failed: nothing answers',
      'begin two',
      'active, 0 rejected: ',
    ],
  ]);
  expect(report).toMatchObject({ failed: [{ source: 'gone', reason: 'nothing answers' }] });
});
