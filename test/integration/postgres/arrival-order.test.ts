/** What belongs together comes in any order: a build and the push of what it built, an index and its children. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPipelineActivities } from '../../../activities/pipeline.ts';
import { mediaTypes } from '../../../domain/artifact/descriptor.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { IntakeEvent } from '../../../domain/events/intake-event.ts';
import { handleIntakeEvent } from '../../../services/dispatcher/handle-intake-event.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createMemoryRegistry } from '../../fakes/memory-registry.ts';
import { directHere } from '../../faults/obey.ts';
import { buildImage, buildIndex, buildReferrer, pushImage, type TestImage } from '../../images.ts';
import { generationCauses } from './findings-told.ts';
import { createHarbour, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
const { registry } = createMemoryRegistry();
beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

let count = 0;
const image = () => {
  count += 1;
  return buildImage({ layers: [{ files: { app: `arrived ${count}` } }] });
};

const handle = (key: ArtifactKey, event: object) => {
  const whole = { id: randomUUID(), source: '/test', occurredAt: new Date().toISOString(), ...key, ...event };
  const deps = { ledger: harbour.intake, policies: harbour.policies, registry, startPipeline: async () => undefined };
  return handleIntakeEvent(deps, whole as IntakeEvent, undefined);
};
const push = (key: ArtifactKey, tag?: string) =>
  handle(key, { kind: 'artifact-pushed', mediaType: mediaTypes.ociManifest, ...(tag === undefined ? {} : { tag }) });
const finish = (key: ArtifactKey) =>
  handle(key, {
    ...{ kind: 'build-finished', commit: 'c'.repeat(40), sourceRepository: 'https://git.example.com/shop' },
    ...{ builder: { id: 'ci' }, toolchain: {} },
  });

/** What the pipeline sees of it. */
const look = (key: ArtifactKey, isPatient = true) => {
  const { generations, promotions } = harbour;
  const pipeline = createPipelineActivities({
    registry,
    generations,
    promotions,
    startPromotions: async () => undefined,
  });
  return pipeline.openGeneration({ ...key, generation: 1 }, `run of ${key.digest}`, isPatient);
};

describe('a build is a claim that its artifact is judged by', () => {
  const claimsOf = async (key: ArtifactKey) => (await harbour.verdicts.facts(key)).claims;
  const claims = [{ source: '/test', builder: 'ci', commit: 'c'.repeat(40) }];
  const fresh = async (): Promise<ArtifactKey> => ({
    repository: 'shop',
    digest: await pushImage(registry, 'shop', await image()),
  });
  const close = (key: ArtifactKey) =>
    harbour.generations.conclude({ ...key, generation: 1 }, { joined: 9, outcome: 'judged', reason: '' });

  test('that comes before the push: the push starts the one generation there is', async () => {
    const key = await fresh();
    expect(await finish(key)).toEqual({ outcome: 'dropped' });
    expect(await push(key, '1.0')).toMatchObject({ outcome: 'started', generation: 1 });
    expect(await claimsOf(key)).toEqual(claims);
  });

  test('that is stored while the push is decided: either of the two starts it, and both are known', async () => {
    const key = await fresh();
    const faults = directHere();
    const trap = faults.stopAt('intake.build-recorded', { about: `${key.repository}@${key.digest}` });
    const building = finish(key);
    const stopped = await trap.stopped;
    // The build looked for who holds the digest, and found nobody: the push finds the build.
    expect(await push(key, '1.0')).toMatchObject({ outcome: 'started', generation: 1 });
    expect(await claimsOf(key)).toEqual(claims);
    stopped.go();
    expect(await building).toEqual({ outcome: 'dropped' });
    faults.close();
  });

  test('that comes after the push joins its run, and starts another one where that is over', async () => {
    const key = await fresh();
    await push(key, '1.0');
    expect(await finish(key)).toMatchObject({ outcome: 'joined', generation: 1 });
    await close(key);
    expect(await finish(key)).toMatchObject({ outcome: 'started', generation: 2 });
    expect(await claimsOf(key)).toEqual(claims);
  });
});

describe('a child of an index', () => {
  async function family() {
    const [child, sibling] = [await image(), await image()];
    const parent = await pushImage(registry, 'shop', buildIndex([child, sibling]));
    return { parent: { repository: 'shop', digest: parent }, child: { repository: 'shop', digest: child.top.digest } };
  }

  test('that is pushed before it waits for it, and is judged with it when it comes', async () => {
    const { parent, child } = await family();
    await push(child);
    expect(await look(child)).toMatchObject({ state: 'untagged' });
    await push(parent, '1.0');
    expect(await look(parent)).toMatchObject({ state: 'open', kind: 'index' });
    expect(await look(child)).toMatchObject({ state: 'child', parent: parent.digest });
  });

  test('that is told of after it is its child at once', async () => {
    const { parent, child } = await family();
    await push(parent, '1.0');
    await look(parent);
    await push(child);
    expect(await look(child)).toMatchObject({ state: 'child', parent: parent.digest });
  });

  test('that is an index itself waits, too, and what it holds finds it meanwhile', async () => {
    const child = await image();
    await pushImage(registry, 'shop', child);
    const inner = buildIndex([child]);
    const keys = [child, inner].map(({ top }) => ({ repository: 'shop', digest: top.digest }));
    const [childKey, innerKey] = keys as [ArtifactKey, ArtifactKey];
    await pushImage(registry, 'shop', inner);
    await push(childKey);
    await push(innerKey);
    expect(await look(innerKey)).toMatchObject({ state: 'untagged' });
    expect(await look(childKey)).toMatchObject({ state: 'child', parent: innerKey.digest });
    const outer = { repository: 'shop', digest: await pushImage(registry, 'shop', buildIndex([inner])) };
    await push(outer, '1.0');
    expect(await look(outer)).toMatchObject({ state: 'open', kind: 'index' });
    expect(await look(innerKey)).toMatchObject({ state: 'child', parent: outer.digest });
    expect(await look(childKey)).toMatchObject({ state: 'child', parent: outer.digest });
  });

  test('whose index never comes, or that has a tag of its own, is judged by itself', async () => {
    const { child } = await family();
    await push(child);
    expect(await look(child, false)).toMatchObject({ state: 'open', kind: 'image' });
    const other = await family();
    await push(other.child, 'alone');
    await push(other.parent, '1.0');
    await look(other.parent);
    expect(await look(other.child)).toMatchObject({ state: 'open', kind: 'image' });
  });
});

describe('evidence about a platform, after what it is judged with', () => {
  /** Pushed, looked at and concluded. */
  async function judged(made: TestImage, tag?: string): Promise<ArtifactKey> {
    const key = { repository: 'shop', digest: await pushImage(registry, 'shop', made) };
    await push(key, tag);
    await look(key, false);
    await harbour.generations.conclude({ ...key, generation: 1 }, { joined: 9, outcome: 'judged', reason: '' });
    return key;
  }
  const attest = async (subject: TestImage) =>
    push({
      repository: 'shop',
      digest: await pushImage(registry, 'shop', buildReferrer(subject.top, 'application/test', 'an SBOM')),
    });

  test.each([
    ['that is known', true],
    ['that nobody told of', false],
  ])('%s has its index judged again, and not itself', async (_, isToldOf) => {
    const platform = await image();
    const key = { repository: 'shop', digest: await pushImage(registry, 'shop', platform) };
    if (isToldOf) await judged(platform);
    const index = await judged(buildIndex([platform]), '1.0');
    expect(await attest(platform)).toEqual({ outcome: 'started', key: index, generation: 2 });
    expect(await generationCauses(own.db, key)).toEqual(isToldOf ? ['push'] : []);
    // While that one is open, more of it joins.
    expect(await attest(platform)).toEqual({ outcome: 'joined', key: index, generation: 2 });
  });

  test('of an index inside of an index has the outermost one judged again', async () => {
    const platform = await image();
    await judged(platform);
    const inner = buildIndex([platform]);
    const innerKey = await judged(inner);
    const outer = await judged(buildIndex([inner]), '1.0');
    expect(await attest(platform)).toMatchObject({ outcome: 'started', key: outer });
    expect(await generationCauses(own.db, innerKey)).toEqual(['push']);
  });

  test('with a tag of its own has both judged again, and so has one that two indexes hold', async () => {
    const platform = await image();
    const key = await judged(platform, 'amd64');
    const indexes = [await judged(buildIndex([platform]), '1.0')];
    indexes.push(await judged(buildIndex([platform, await image()]), '2.0'));
    expect(await attest(platform)).toMatchObject({ outcome: 'started', key });
    for (const one of [key, ...indexes]) expect(await generationCauses(own.db, one)).toEqual(['push', 'evidence']);
  });

  test('in another repository changes nothing here', async () => {
    const platform = await image();
    const key = await judged(platform);
    const elsewhere = { repository: 'other', digest: await pushImage(registry, 'other', buildIndex([platform])) };
    await push(elsewhere, '1.0');
    await look(elsewhere);
    expect(await attest(platform)).toMatchObject({ key });
  });
});
