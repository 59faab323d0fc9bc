/** A release that is decided while a quarantine is at work. */
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createQuarantineActivities } from '../../../activities/quarantine.ts';
import type { Registry } from '../../../domain/artifact/registry.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { buildImage, pushImage } from '../../images.ts';
import { createHarbour, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

/** Live in dev, and fenced by mistake; `letOut` is what two people and the pipeline do then, and says what is asked for. */
async function fencedByMistake(name: string) {
  const { registry } = createMemoryRegistry();
  const image = await buildImage({ layers: [{ files: { app: name } }] });
  const key: ArtifactKey = { repository: 'shop', digest: await pushImage(registry, 'dev/shop', image) };
  await harbour.liveInDev(key, { tag: name });
  const { digest } = key;
  const selector = { kind: 'digest', value: digest } as const;
  const { id: incident } = await harbour.incidents.open({ selector, reason: 'suspected', actor: 'responder' });
  const letOut = async () => {
    const asked = await harbour.incidents.requestRelease({ digest, reason: 'a mistake', actor: 'ann' });
    if (asked.outcome !== 'waiting') throw new Error(`the release is ${asked.outcome}`);
    await harbour.incidents.decideRelease({ request: asked.request, verb: 'approve', reason: 'agreed', actor: 'ben' });
    return judgedAndAskedFor(key);
  };
  const remove = async (changed: Partial<Registry>, copyArtifact: () => Promise<void>) => {
    const deps = { registry: { ...registry, ...changed }, quarantines: harbour.quarantines, copyArtifact };
    const context = { info: { scheduledTimestampMs: Date.now() }, heartbeat: () => undefined } as unknown as Context;
    for (const holding of await harbour.quarantines.holdings({ digest, incident }))
      await asyncLocalStorage.run(context, () =>
        createQuarantineActivities(deps).removeFrom({ digest, incident }, holding),
      );
  };
  return { registry, key, letOut, remove };
}

/** What its open generation asks for; undefined where it has none. */
async function judgedAndAskedFor(key: ArtifactKey): Promise<string[] | undefined> {
  const open = await own.db
    .selectFrom('generation')
    .select(['generation', 'joined'])
    .where('digest', '=', key.digest)
    .where('state', '<>', 'closed')
    .executeTakeFirst();
  if (open === undefined) return undefined;
  await harbour.judge(key, 'dev');
  const starts = await harbour.promotions.requestFirst(key, open.generation);
  const { generation, joined } = open;
  await harbour.generations.conclude({ ...key, generation }, { joined, outcome: 'judged', reason: '' });
  return starts.map((start) => start.key.environment);
}

test('what is let out while its copy is kept stays where it is', async () => {
  const { registry, key, letOut, remove } = await fencedByMistake('copied-for-long');
  let asked: unknown;
  await remove({}, async () => {
    asked = await letOut();
  });
  expect(asked).toEqual([]);
  expect(await registry.resolve('dev/shop', key.digest)).toBeDefined();
  expect(await harbour.placementOf('dev', key.digest)).toBe('live');
  expect(await judgedAndAskedFor(key)).toBeUndefined();
});

test('what is let out while it is removed is asked for again', async () => {
  const { registry, key, letOut, remove } = await fencedByMistake('removed-meanwhile');
  const deleteManifest: Registry['deleteManifest'] = async (repository, digest) => {
    await letOut();
    await registry.deleteManifest(repository, digest);
  };
  await remove({ deleteManifest }, async () => undefined);
  expect(await harbour.placementOf('dev', key.digest)).toBe('removed');
  expect(await judgedAndAskedFor(key)).toEqual(['dev']);
});
