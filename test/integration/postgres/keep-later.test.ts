import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeepLaterActivities } from '../../../activities/keep-later.ts';
import { createUnkeptBook } from '../../../adapters/postgres/unkept-book.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { RegistryError } from '../../../domain/artifact/registry.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let count = 0;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

/** Taken out of dev by an incident, and no copy could be kept then. */
async function takenOut(): Promise<{ digest: Digest; incident: string }> {
  count += 1;
  const digest = digestOf(`unkept ${count}`);
  await harbour.liveInDev({ repository: 'shop', digest });
  const selector = { kind: 'digest', value: digest } as const;
  const { id: incident } = await harbour.incidents.open({ selector, reason: 'suspected', actor: 'responder' });
  for (const holding of await harbour.quarantines.holdings({ digest, incident })) {
    await harbour.quarantines.recordNotKept({ digest, incident }, holding, 'the registry was away');
    await harbour.quarantines.recordRemoved({ digest, incident }, holding);
  }
  await harbour.quarantines.confirm({ digest, incident }, { readBacks: 2, environments: ['dev'] });
  return { digest, incident };
}

/** A run of the activity, with a registry whose places answer as they are given: kept where they answer nothing. */
async function run(answers: Readonly<Record<string, RegistryError['code'] | undefined>>) {
  const asked: string[] = [];
  const { keepLater } = createKeepLaterActivities({
    unkept: createUnkeptBook(own.db, harbour.quarantines),
    copyArtifact: async ({ from, to, digest }) => {
      asked.push(`${from} to ${to} ${digest}`);
      const code = answers[from];
      if (code !== undefined) throw new RegistryError(code, `${from}: ${code}`);
    },
  });
  const context = { heartbeat: () => undefined, cancellationSignal: new AbortController().signal };
  const result = await asyncLocalStorage.run(context as unknown as Context, keepLater);
  return { result, asked };
}

const detailOf = async ({ digest, incident }: { digest: Digest; incident: string }) =>
  (
    await own.db
      .selectFrom('incident_subject')
      .select('detail')
      .where('incident', '=', incident)
      .where('digest', '=', digest)
      .executeTakeFirstOrThrow()
  ).detail;
const told = async (digest: Digest) =>
  (
    await sql<{ type: string; data: object }>`
      select type, data from outbox where subject = ${`shop@${digest}`} and type in ('artifact.kept', 'artifact.copy-lost')`.execute(
      own.db,
    )
  ).rows;

describe('a copy that a quarantine could not keep', () => {
  test('is kept later, from where it was pushed, once and told', async () => {
    const one = await takenOut();
    const { result, asked } = await run({});
    expect(result).toEqual({ kept: 1, lost: 0, owed: 0 });
    expect(asked).toEqual([`shop to quarantine/shop ${one.digest}`]);
    expect(await detailOf(one)).toMatchObject({ notKept: {}, readBacks: 2 });
    const data = { takenFrom: 'dev/shop', from: 'shop', keptIn: 'quarantine/shop', incident: one.incident };
    expect(await told(one.digest)).toMatchObject([{ type: 'artifact.kept', data }]);
    expect((await run({})).asked).toEqual([]);
  });

  test('is owed for as long as one place that may have it does not answer, whatever the others say', async () => {
    const one = await takenOut();
    for (const code of ['REGISTRY_UNAVAILABLE', 'REGISTRY_DENIED', 'REGISTRY_TRUNCATED', 'REGISTRY_REFUSED'] as const) {
      const { result } = await run({ shop: code, 'dev/shop': 'REGISTRY_NOT_FOUND' });
      expect(result).toEqual({ kept: 0, lost: 0, owed: 1 });
    }
    expect(await told(one.digest)).toEqual([]);
    const { result, asked } = await run({ shop: 'REGISTRY_NOT_FOUND' });
    expect(result).toEqual({ kept: 1, lost: 0, owed: 0 });
    expect(asked.map((line) => line.split(' ')[0])).toEqual(['shop', 'dev/shop']);
  });

  test('is lost, and looked for no more, where every place says that it is gone', async () => {
    const one = await takenOut();
    const gone = { shop: 'REGISTRY_NOT_FOUND', 'dev/shop': 'REGISTRY_DIGEST_MISMATCH' } as const;
    expect((await run(gone)).result).toEqual({ kept: 0, lost: 1, owed: 0 });
    const reason = 'shop: REGISTRY_NOT_FOUND; dev/shop: REGISTRY_DIGEST_MISMATCH';
    expect(await told(one.digest)).toMatchObject([
      { type: 'artifact.copy-lost', data: { takenFrom: 'dev/shop', reason } },
    ]);
    expect(await detailOf(one)).toMatchObject({ lost: { 'dev/shop': reason } });
    expect((await run({})).asked).toEqual([]);
  });

  test('is told once where two runs keep it at once', async () => {
    const one = await takenOut();
    await Promise.all([run({}), run({})]);
    expect(await told(one.digest)).toHaveLength(1);
  });

  test('is not owed any more where what was taken out was released', async () => {
    const { digest } = await takenOut();
    const asked = await harbour.incidents.requestRelease({ digest, reason: 'rebuilt', actor: 'ann' });
    if (asked.outcome !== 'waiting') throw new Error(asked.outcome);
    await harbour.incidents.decideRelease({ request: asked.request, verb: 'approve', reason: 'agreed', actor: 'ben' });
    expect((await run({})).asked).toEqual([]);
  });
});
