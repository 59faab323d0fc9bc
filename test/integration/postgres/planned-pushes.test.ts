import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIntakeLedger } from '../../../adapters/postgres/intake-ledger.ts';
import { createPlannedPushes } from '../../../adapters/postgres/planned-pushes.ts';
import { createPushIntents } from '../../../adapters/postgres/push-intents.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { ArtifactPushed } from '../../../domain/events/intake-event.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';
import { digestOf } from './harbour.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

const keyOf = (name: string): ArtifactKey => ({ repository: 'dev/shop', digest: digestOf(name) });
const pushOf = (key: ArtifactKey): ArtifactPushed => ({
  kind: 'artifact-pushed',
  id: randomUUID(),
  source: '/registries/test',
  occurredAt: '2026-01-02T03:04:05Z',
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  ...key,
});
const recorded = (id: string) =>
  own.db.selectFrom('intake').select(['outcome', 'subject', 'reason']).where('event_id', '=', id).execute();

describe('pushes that were planned', () => {
  it('are dropped and recorded, once, however often the event comes', async () => {
    const key = keyOf('planned');
    await createPushIntents(own.db)(key.repository, key.digest);
    const ledger = createIntakeLedger(own.db);
    const event = pushOf(key);
    expect(await Promise.all([1, 2, 3].map(() => ledger.dropIntended(event)))).toEqual(
      Array.from({ length: 3 }, () => ({ outcome: 'dropped' })),
    );
    expect(await recorded(event.id)).toEqual([
      { outcome: 'dropped', subject: `dev/shop@${key.digest}`, reason: 'a push of ours, as planned' },
    ]);
  });

  it('are known by repository and digest: anything else is left to be decided', async () => {
    const ledger = createIntakeLedger(own.db);
    for (const key of [keyOf('nobody planned this'), { ...keyOf('planned'), repository: 'staging/shop' }]) {
      const event = pushOf(key);
      expect(await ledger.dropIntended(event)).toBeUndefined();
      expect(await recorded(event.id)).toEqual([]);
    }
  });

  it('are known by their tags: under another one the same bytes are somebody’s own push, in every order of intents', async () => {
    const ledger = createIntakeLedger(own.db);
    const key = keyOf('pushed under tags');
    const under = (tag: string) => ledger.dropIntended({ ...pushOf(key), tag });
    const intend = createPushIntents(own.db);
    await intend(key.repository, key.digest);
    expect(await under('ours')).toBeUndefined();
    // Of two at once, in two processes, neither tag is lost.
    await Promise.all([
      intend(key.repository, key.digest, 'ours'),
      createPushIntents(own.db)(key.repository, key.digest, 'also-ours'),
      intend(key.repository, key.digest, 'ours-too'),
    ]);
    await intend(key.repository, key.digest);
    for (const tag of ['ours', 'also-ours', 'ours-too']) expect(await under(tag)).toEqual({ outcome: 'dropped' });
    expect(await ledger.dropIntended(pushOf(key))).toEqual({ outcome: 'dropped' });
    expect(await under('theirs')).toBeUndefined();
    expect(await ledger.isIntended({ ...key, tag: 'theirs' })).toBe(false);
  });

  it('of a release that wrote down no tags are ours under every tag, those of its imports under none until we push one', async () => {
    const ledger = createIntakeLedger(own.db);
    const [pushed, imported] = [keyOf('pushed before'), keyOf('imported before')];
    const intend = createPushIntents(own.db);
    for (const [key, kind] of [
      [pushed, 'push'],
      [imported, 'import'],
    ] as const)
      await own.db
        .insertInto('push_intent')
        .values({ ...key, kind, tags: null })
        .execute();
    await intend(pushed.repository, pushed.digest, '2.0');
    expect(await ledger.isIntended({ ...pushed, tag: '1.0' })).toBe(true);
    expect(await ledger.isIntended({ ...imported, tag: '1.0' })).toBe(false);
    await intend(imported.repository, imported.digest, '1.0');
    expect(await ledger.isIntended({ ...imported, tag: '1.0' })).toBe(true);
    expect(await ledger.isIntended({ ...imported, tag: '2.0' })).toBe(false);
  });

  it('of a worker of the release before, beside ones of this, are ours under every tag, whichever was first', async () => {
    const ledger = createIntakeLedger(own.db);
    const key = keyOf('pushed by both');
    /** As that release wrote it: whatever was there stayed what it was. */
    const intendBefore = (kind: string) =>
      sql`insert into push_intent (repository, digest, kind) select ${key.repository}, ${key.digest}, ${kind}
        on conflict (repository, digest) do nothing`.execute(own.db);
    await createPushIntents(own.db)(key.repository, key.digest, '1.0');
    // Its imports push under no tag, and take nothing from who pushes under others.
    await intendBefore('import');
    expect(await ledger.isIntended({ ...key, tag: '2.0' })).toBe(false);
    await intendBefore('push');
    expect(await ledger.isIntended({ ...key, tag: '2.0' })).toBe(true);
    await createPushIntents(own.db)(key.repository, key.digest, '3.0');
    expect(await ledger.isIntended({ ...key, tag: '2.0' })).toBe(true);
  });

  it('of a worker of the release before that writes at the same moment as one of this are too', async () => {
    const key = keyOf('at once by both');
    const now = await heldTransaction(own.db, (trx) =>
      trx
        .insertInto('push_intent')
        .values({ ...key, kind: 'push', tags: ['1.0'] })
        .execute(),
    );
    const before =
      sql`insert into push_intent (repository, digest, kind) select ${key.repository}, ${key.digest}, 'push'
      on conflict (repository, digest) do nothing`.execute(own.db);
    await own.blocked(1);
    await now.commit();
    await before;
    expect(await createIntakeLedger(own.db).isIntended({ ...key, tag: '2.0' })).toBe(true);
  });

  it('keep the first decision about an event that was started before its intent', async () => {
    const ledger = createIntakeLedger(own.db);
    const key = keyOf('started first');
    const event = pushOf(key);
    await ledger.accept({ event, key, cause: 'push' });
    await createPushIntents(own.db)(key.repository, key.digest);
    expect(await ledger.dropIntended(event)).toEqual({ outcome: 'started', key, generation: 1 });
  });

  it('are told from others that are asked about together, also where an event comes twice among them', async () => {
    const [ours, theirs] = [keyOf('ours among others'), keyOf('theirs among others')];
    await createPushIntents(own.db)(ours.repository, ours.digest);
    const events = [pushOf(ours), pushOf(theirs), pushOf(ours)];
    const planOf = createPlannedPushes(own.db);
    const answers = await Promise.all([...events, events[0]!].map(planOf));
    expect(answers.map(({ planned }) => planned)).toEqual([true, false, true, true]);
    expect(await Promise.all(events.map(async ({ id }) => (await recorded(id)).length))).toEqual([1, 0, 1]);
  });

  it('are recorded without looking at what they are in, or where that is: only of what was confirmed out it matters', async () => {
    const other = await createTestDatabase();
    const keys = ['looked at alone', 'looked at together', 'and with this'].map(keyOf);
    await Promise.all(keys.map(({ repository, digest }) => createPushIntents(other.db)(repository, digest)));
    for (const table of ['artifact_edge', 'placement'] as const)
      await other.db.schema.alterTable(table).renameTo(`${table}_elsewhere`).execute();
    const planOf = createPlannedPushes(other.db);
    const [alone, ...together] = keys.map(pushOf);
    expect(await planOf(alone!)).toEqual({ planned: true, isNew: true });
    expect(await Promise.all(together.map(planOf))).toEqual(together.map(() => ({ planned: true, isNew: true })));
    await other.drop();
  });

  it('are committed before the push may begin, many at once as well as one', async () => {
    const intend = createPushIntents(own.db);
    const keys = Array.from({ length: 50 }, (_, position) => keyOf(`together ${position % 40}`));
    const ledger = createIntakeLedger(own.db);
    await Promise.all(
      keys.map(async (key) => {
        await intend(key.repository, key.digest);
        expect(await ledger.isIntended(key)).toBe(true);
      }),
    );
  });

  it('fail where the intent can not be written, and are tried again by the next one who asks', async () => {
    const other = await createTestDatabase();
    const intend = createPushIntents(other.db);
    await other.db.schema.alterTable('push_intent').renameTo('elsewhere').execute();
    const { repository, digest } = keyOf('retried');
    await expect(intend(repository, digest)).rejects.toThrow('push_intent');
    await other.db.schema.alterTable('elsewhere').renameTo('push_intent').execute();
    await intend(repository, digest);
    expect(await createIntakeLedger(other.db).isIntended({ repository, digest })).toBe(true);
    await other.drop();
  });
});
