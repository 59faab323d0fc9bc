/** What runs already is taken in, in the real registry: judged like a push, left where it is, found after its date, let in by nothing. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enterEnvironment } from '../../../activities/enter-environment.ts';
import { createImportActivities, type ImportDependencies } from '../../../activities/import.ts';
import { createPipelineActivities } from '../../../activities/pipeline.ts';
import { createEgress } from '../../../adapters/egress/egress.ts';
import { copyArtifact } from '../../../adapters/oci/copy-artifact.ts';
import { createInProcessLease } from '../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../../adapters/oci/oci-registry.ts';
import { transact } from '../../../adapters/postgres/database.ts';
import { createImportBook } from '../../../adapters/postgres/import-book.ts';
import { createImportDesk } from '../../../adapters/postgres/import-desk.ts';
import { createRotationBook } from '../../../adapters/postgres/key-rotations.ts';
import { previewObstacles } from '../../../adapters/postgres/preview-promotion.ts';
import { createPushIntents } from '../../../adapters/postgres/push-intents.ts';
import { readGrandfatherings } from '../../../adapters/postgres/read-grandfatherings.ts';
import { readImport, readImportReferences } from '../../../adapters/postgres/read-imports.ts';
import { readPolicyReport, readPolicyReportCounts } from '../../../adapters/postgres/read-policy-report.ts';
import { createReconcileBook } from '../../../adapters/postgres/reconcile-book.ts';
import { openNewGenerations } from '../../../adapters/postgres/regenerate.ts';
import { createRescanBook } from '../../../adapters/postgres/rescan-book.ts';
import { createRegistryEvidenceDesk } from '../../../adapters/sigstore/registry-evidence-desk.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { RegistryError } from '../../../domain/artifact/registry.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { FoundReference, ImportSourceKind } from '../../../domain/import/import-book.ts';
import { handleIntakeEvent } from '../../../services/dispatcher/handle-intake-event.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { buildImage, buildIndex, buildReferrer, manifestBytes, pushImage, type TestImage } from '../../images.ts';
import { inActivity } from '../../in-activity.ts';
import { infra } from '../../infra.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

const host = infra().registry;
const egress = createEgress({ configuredHosts: [host], allowPublicHosts: false });
const registry = createOciRegistry({ host, egress, lease: createInProcessLease() });
/** As a worker writes. */
const ours = createOciRegistry({
  ...{ host, egress, lease: createInProcessLease() },
  beforePush: (repository, digest, tag) => createPushIntents(own.db)(repository, digest, tag),
});
let own: TestDatabase;
let harbour: Harbour;
let count = 0;
/** Of this test alone: a registry is shared by all files. */
let name: string;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1, { prod: '' }), 'policy.yaml', 'test');
});
afterAll(async () => {
  await own.drop();
  await egress.close();
});
beforeEach(() => {
  count += 1;
  name = `import-${process.pid}-${count}/web`;
});

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const UNTIL = inDays(30);

const imageOf = (content: string): Promise<TestImage> => buildImage({ layers: [{ files: { app: content } }] });

async function lay(repository: string, image: TestImage, tag?: string): Promise<Digest> {
  await pushImage(registry, repository, image);
  if (tag !== undefined) await pushImage(registry, repository, image, tag);
  return image.top.digest;
}

function activities(changes: Partial<ImportDependencies> = {}) {
  return createImportActivities({
    imports: createImportBook(own.db, harbour.policies),
    registry,
    copyArtifact: (route) => copyArtifact(ours, route),
    desk: createRegistryEvidenceDesk(ours),
    ...changes,
  });
}

interface Asked {
  readonly kind?: ImportSourceKind;
  readonly source?: string;
  readonly environment?: string;
  readonly until?: string;
  readonly dryRun?: boolean;
  readonly references?: readonly FoundReference[];
}

async function ask({ kind = 'cluster', source = 'pods.json', references = [], ...asked }: Asked): Promise<string> {
  const desk = createImportDesk(own.db, async () => undefined);
  const id = await desk.open({
    ...{ environment: 'prod', until: UNTIL, reason: 'before Pratique', dryRun: false, ...asked },
    ...{ sourceKind: kind, source, by: { subject: 'olga', role: 'operator' } },
  });
  if (references.length > 0) expect(await desk.add(id, references)).toBe(true);
  expect(await desk.start(id)).toBe(true);
  return id;
}

const run = (id: string, changes: Partial<ImportDependencies> = {}): Promise<void> =>
  inActivity(() => activities(changes).takeInImport(id));

async function bringIn(asked: Asked) {
  const id = await ask(asked);
  await run(id);
  const { items } = await readImportReferences(own.db, id, { limit: 200, after: undefined });
  return { id, summary: await readImport(own.db, id), items };
}

const at = (reference: string, place = 'here'): FoundReference => ({ reference: `${host}/${reference}`, place });
const stateOf = async (key: ArtifactKey) => (await readGrandfatherings(own.db, key)).map(({ state }) => state);
const causesOf = async ({ repository, digest }: ArtifactKey) =>
  (
    await own.db
      .selectFrom('generation')
      .select('cause')
      .where('repository', '=', repository)
      .where('digest', '=', digest)
      .orderBy('generation')
      .execute()
  ).map(({ cause }) => cause);
const report = (isAll = false) =>
  readPolicyReport(own.db, { environments: ['prod'], isAll }, { limit: 200, after: undefined });
const reported = async (digest: Digest) => (await report(true)).items.find((item) => item.digest === digest);
const wake = () => createRescanBook(own.db, () => harbour.policies.current()).wakeDecisions(() => undefined);
const findingsOf = async (subject: string) =>
  own.db.selectFrom('finding').select(['kind', 'detail']).where('subject', '=', subject).execute();

const tell = (id: string, pushed: ArtifactKey, tag?: string) =>
  handleIntakeEvent(
    { ledger: harbour.intake, policies: harbour.policies, registry, startPipeline: () => Promise.resolve() },
    {
      ...{ kind: 'artifact-pushed', id, source: '/registry', occurredAt: new Date().toISOString(), ...pushed },
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      ...(tag === undefined ? {} : { tag }),
    },
    undefined,
  );
async function promotedTo({ repository, digest }: ArtifactKey, generation: number): Promise<readonly string[]> {
  const pipeline = createPipelineActivities({
    ...{ registry, generations: harbour.generations, promotions: harbour.promotions },
    startPromotions: () => Promise.resolve(),
  });
  const ended = { joined: 99, outcome: 'judged', reason: '' } as const;
  await pipeline.concludeGeneration({ repository, digest, generation }, ended);
  const rows = await own.db.selectFrom('promotion').select('environment').where('digest', '=', digest).execute();
  return rows.map(({ environment }) => environment);
}

describe('what lies in an environment', () => {
  it('is taken in with its evidence, judged like a push, and promoted nowhere', async () => {
    const image = await imageOf(name);
    const index = buildIndex([image]);
    await lay(`prod/${name}`, image);
    const digest = await lay(`prod/${name}`, index, '1.0');
    const referrer = buildReferrer(index.top, 'application/vnd.dev.sigstore.bundle.v0.3+json', name);
    await pushImage(registry, `prod/${name}`, referrer);
    const attached = { bytes: manifestBytes(referrer), mediaType: referrer.top.mediaType };
    await registry.attachReferrers(`prod/${name}`, digest, [attached]);

    const { summary, items } = await bringIn({ kind: 'registry', source: `prod/${name}` });
    expect(summary).toMatchObject({ state: 'done', counts: { taken: 1 } });
    expect(items.filter(({ outcome }) => outcome === 'taken')).toMatchObject([{ repository: name, digest }]);
    // Where pushes go it can be judged; nobody tagged it there.
    expect((await registry.resolve(name, digest))?.digest).toBe(digest);
    expect((await registry.listTags(name)).filter((tag) => !tag.startsWith('sha256-'))).toEqual([]);
    expect((await registry.listReferrers(name, digest)).map((one) => one.digest)).toEqual([referrer.top.digest]);
    const key = { repository: name, digest };
    expect(await causesOf(key)).toEqual(['import']);
    expect(await stateOf(key)).toEqual(['stands']);
    expect(await harbour.placementOf('prod', digest)).toBe('live');
    // The pipeline's end: whatever it is judged, it goes nowhere by itself.
    expect(await promotedTo(key, 1)).toEqual([]);
  });

  it('the same again is nothing new, another date is a record beside the first', async () => {
    const digest = await lay(`prod/${name}`, await imageOf(name), '1.0');
    await bringIn({ kind: 'registry', source: `prod/${name}` });
    const again = await bringIn({ kind: 'registry', source: `prod/${name}` });
    expect(again.summary).toMatchObject({ counts: { already: 1 } });
    expect(await causesOf({ repository: name, digest })).toEqual(['import']);
    await bringIn({ kind: 'registry', source: `prod/${name}`, until: inDays(60) });
    expect(await stateOf({ repository: name, digest })).toEqual(['renewed', 'stands']);
    await expect(
      sql`update grandfathering set until = now() + interval '9 years' where digest = ${digest}`.execute(own.db),
    ).rejects.toThrow(/never changed/);
  });

  it('a dry run says what would be taken in, and writes nothing of it', async () => {
    const digest = await lay(`prod/${name}`, await imageOf(name), '1.0');
    const { summary } = await bringIn({ kind: 'registry', source: `prod/${name}`, dryRun: true });
    expect(summary).toMatchObject({ counts: { taken: 1 }, dryRun: true });
    expect(await causesOf({ repository: name, digest })).toEqual([]);
    expect(await harbour.placementOf('prod', digest)).toBeUndefined();
    expect(await registry.resolve(name, digest)).toBeUndefined();
  });

  it('a killed import goes on where it stopped', async () => {
    const images = await Promise.all([1, 2, 3, 4].map((at) => imageOf(`${name} ${at}`)));
    for (const [at, image] of images.entries()) await lay(`prod/${name}`, image, `v${at}`);
    const id = await ask({ kind: 'registry', source: `prod/${name}` });
    let copies = 0;
    const dying: ImportDependencies['copyArtifact'] = async (route) => {
      copies += 1;
      if (copies === 3) throw new RegistryError('REGISTRY_UNAVAILABLE', 'away');
      await copyArtifact(registry, route);
    };
    await expect(run(id, { copyArtifact: dying })).rejects.toThrow(/away/);
    expect(await readImport(own.db, id)).toMatchObject({ state: 'started', references: 4, counts: { taken: 3 } });
    await run(id);
    expect(await readImport(own.db, id)).toMatchObject({ state: 'done', references: 4, counts: { taken: 4 } });
    for (const { top } of images) expect(await causesOf({ repository: name, digest: top.digest })).toEqual(['import']);
  });

  it('an import has fifty thousand references at most; the same page again adds none', async () => {
    const desk = createImportDesk(own.db, async () => undefined);
    const id = await ask({ references: [at('shop/x:0')], dryRun: true });
    const page = Array.from({ length: 49_999 }, (_, n) => at(`shop/x:${n + 1}`));
    expect(await desk.add(id, page)).toBe(true);
    expect(await desk.add(id, page)).toBe(true);
    expect(await desk.add(id, [at('shop/x:one-more'), at('shop/x:and-another')])).toBe(false);
    expect(await readImport(own.db, id)).toMatchObject({ references: 50_000 });
  });

  it('what the import brought to where pushes go is ours, and a push of it under a tag is whoever pushed it', async () => {
    const image = await imageOf(name);
    await lay(`prod/${name}`, image);
    const digest = await lay(`prod/${name}`, buildIndex([image]), '1.0');
    await bringIn({ kind: 'registry', source: `prod/${name}` });
    const key = { repository: name, digest };
    expect(await tell(`copied-${name}`, key)).toEqual({ outcome: 'dropped' });
    expect(await promotedTo(key, 1)).toEqual([]);
    expect(await tell(`pushed-${name}`, key, '1.0')).toEqual({ outcome: 'started', key, generation: 2 });
    expect(await promotedTo(key, 2)).toEqual(['dev']);
    // An image of the index, too; what it is pushed over is found by a comparison where nobody told of it.
    const child = { repository: name, digest: image.top.digest };
    expect(await tell(`copied-child-${name}`, child)).toEqual({ outcome: 'dropped' });
    const seen = { tag: 'arm', mediaType: image.top.mediaType, seenAt: new Date().toISOString() };
    expect(await createReconcileBook(own.db, harbour.policies).takeIn({ ...child, ...seen })).toBe(1);
  });

  it('a push told of late is known, and no finding until its date', async () => {
    const digest = await lay(`prod/${name}`, await imageOf(name), '1.0');
    await bringIn({ kind: 'registry', source: `prod/${name}` });
    const repository = `prod/${name}`;
    expect(await tell(`late-${name}`, { repository, digest })).toEqual({ outcome: 'dropped' });
    expect(await findingsOf(`prod/${name}@${digest}`)).toEqual([]);
    await harbour.incidents.open({ selector: { kind: 'digest', value: digest }, reason: 'malicious', actor: 'rene' });
    await tell(`back-${name}`, { repository, digest });
    expect(await findingsOf(`prod/${name}@${digest}`)).toMatchObject([{ kind: 'unplanned-push' }]);
    const other = digestOf(`another ${name}`);
    await tell(`other-${name}`, { repository, digest: other });
    expect(await findingsOf(`prod/${name}@${other}`)).toMatchObject([{ kind: 'unplanned-push' }]);
  });
});

describe('what a cluster or a folder names', () => {
  it('is resolved in the registry, and what can not be told is listed with its reason', async () => {
    const image = await imageOf(name);
    const digest = await lay(name, image, '2.0');
    const { summary, items } = await bringIn({
      references: [
        at(`${name}:2.0`, 'shop/Deployment/web: container app'),
        at(`${name}@${digest}`, 'shop/Pod/web-1: container app'),
        at(`${name}:none`),
        at(`${name}@${digestOf('nowhere')}`),
        at(`staging/${name}:2.0`),
        { reference: 'docker.io/library/nginx:1', place: 'shop/Deployment/proxy: container nginx' },
      ],
    });
    expect(summary).toMatchObject({ state: 'done', counts: { taken: 1, already: 1, unresolved: 4 } });
    // Two names of one digest are looked at side by side: whichever comes first is taken.
    const [one, other, ...rest] = items.map(({ outcome, reason }) => [outcome, reason]);
    expect([one, other].toSorted()).toEqual([
      ['already', expect.stringMatching(/known/)],
      ['taken', ''],
    ]);
    expect(rest).toEqual([
      ['unresolved', expect.stringMatching(/the registry has no/)],
      ['unresolved', expect.stringMatching(/the registry has no/)],
      ['unresolved', expect.stringMatching(/of staging, not of prod/)],
      ['unresolved', expect.stringMatching(/its registry is docker.io/)],
    ]);
    // It runs from where it was pushed: that is said, and an incident has nothing to take out there.
    expect(await reported(digest)).toMatchObject({ destination: name, repository: name, outcome: 'unjudged' });
    expect(await harbour.quarantines.holdings({ digest, incident: 'any' })).toEqual([]);
  });
});

describe('nothing is let in by it', () => {
  it('an incident holds what it holds: refused, and taken out where it was imported before', async () => {
    const image = await imageOf(name);
    const digest = await lay(`prod/${name}`, image, '1.0');
    const open = () =>
      harbour.incidents.open({ selector: { kind: 'digest', value: digest }, reason: 'malicious', actor: 'rene' });
    const { items: before } = await bringIn({ kind: 'registry', source: `prod/${name}` });
    expect(before[0]?.outcome).toBe('taken');
    await open();
    expect(await harbour.quarantines.holdings({ digest, incident: 'any' })).toMatchObject([
      { environment: 'prod', destination: `prod/${name}`, repository: name },
    ]);
    const { items } = await bringIn({ kind: 'registry', source: `prod/${name}`, until: inDays(60) });
    expect(items[0]).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(/quarantined by incident/) });
    expect(await stateOf({ repository: name, digest })).toEqual(['stands']);
    expect((await reported(digest))?.fenced).toBe(true);
  });

  it('an incident that opens between the look and the record wins', async () => {
    const digest = await lay(`prod/${name}`, await imageOf(name), '1.0');
    const id = await ask({ kind: 'registry', source: `prod/${name}` });
    await run(id, {
      async copyArtifact(route) {
        await copyArtifact(registry, route);
        const selector = { kind: 'digest', value: digest } as const;
        await harbour.incidents.open({ selector, reason: 'just now', actor: 'rene' });
      },
    });
    expect(await readImport(own.db, id)).toMatchObject({ counts: { refused: 1 } });
    expect(await harbour.placementOf('prod', digest)).toBeUndefined();
  });

  it('having been in an environment before is no step on the way to the next', async () => {
    const digest = await lay(`staging/${name}`, await imageOf(name), '1.0');
    await bringIn({ kind: 'registry', source: `staging/${name}`, environment: 'staging' });
    const key = { repository: name, digest };
    const dev = await harbour.requestDev(key);
    const staging = await harbour.enter(dev);
    await own.db
      .updateTable('promotion')
      .set({ environment: 'prod' })
      .where('digest', '=', digest)
      .where('state', '=', 'requested')
      .execute();
    await harbour.judge(key, 'prod');
    expect(await harbour.promotions.reserve({ ...staging, environment: 'prod' }, LEASE_SECONDS)).toMatchObject({
      ...{ outcome: 'waiting', for: 'previous-environment' },
    });
    const request = { key, environment: 'prod', rollback: false, actor: 'ada' };
    expect(await previewObstacles(own.db, await harbour.policies.current(), request)).toMatchObject([
      { outcome: 'waiting', reason: 'waits until it is live in staging' },
    ]);
  });

  it('an admission that is taken back leaves nothing behind on what was there before', async () => {
    const digest = await lay(`dev/${name}`, await imageOf(name), '1.0');
    await bringIn({ kind: 'registry', source: `dev/${name}`, environment: 'dev' });
    const promotion = await harbour.requestDev({ repository: name, digest });
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
    const admission = digestOf(`admission of ${name}`);
    await harbour.promotions.recordCreated(promotion, [admission]);
    const end = { state: 'undone', reason: 'judged otherwise' } as const;
    expect(await harbour.promotions.releaseClaim(promotion, end)).toEqual({
      ...{ destination: `dev/${name}`, remove: [admission] },
    });
    expect(await harbour.placementOf('dev', digest)).toBe('live');
  });

  it('a promotion that is refused after its tag moved leaves no tag on it, in a registry that deletes no tags', async () => {
    const digest = await lay(`dev/${name}`, await imageOf(name), 'before');
    await bringIn({ kind: 'registry', source: `dev/${name}`, environment: 'dev' });
    const promotion = await harbour.requestDev({ repository: name, digest }, { tag: '2.0' });
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
    const deps = {
      ...{ registry: ours, promotions: harbour.promotions, evidence: harbour.evidence },
      ...{ desk: createRegistryEvidenceDesk(ours), lease: createInProcessLease() },
    };
    await sql`update promotion set lease_expires_at = now() where digest = ${digest}`.execute(own.db);
    expect(await enterEnvironment(deps, promotion)).toMatchObject({ outcome: 'refused' });
    expect(await registry.resolve(`dev/${name}`, '2.0')).toBeUndefined();
    expect((await registry.listTags(`dev/${name}`)).filter((tag) => !tag.startsWith('sha256-'))).toEqual(['before']);
    expect((await registry.resolve(`dev/${name}`, 'before'))?.digest).toBe(digest);
  });

  it('a rotation of the admission key signs nothing that no promotion let in', async () => {
    const digest = await lay(`prod/${name}`, await imageOf(name), '1.0');
    await bringIn({ kind: 'registry', source: `prod/${name}` });
    const rotation = `rotation-${count}`;
    await sql`
      insert into key_rotation (id, key, reason, requested_by, overlap_seconds, state, new_key)
      values (${rotation}, 'admission-prod', 'test', 'test', 0, 'done', 'new')`.execute(own.db);
    const places = await createRotationBook(own.db).lacking(rotation, 1, 1000);
    expect(places.filter((place) => place.digest === digest)).toEqual([]);
  });

  it('what a promotion is copying at this moment is not what was there before', async () => {
    const digest = await lay(`dev/${name}`, await imageOf(name), '1.0');
    const promotion = await harbour.requestDev({ repository: name, digest });
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    const { items } = await bringIn({ kind: 'registry', source: `dev/${name}`, environment: 'dev' });
    expect(items[0]).toMatchObject({ outcome: 'unresolved', reason: expect.stringMatching(/under way/) });
    await harbour.promotions.releaseClaim(promotion, { state: 'undone', reason: 'x' });
    const { items: after } = await bringIn({ kind: 'registry', source: `dev/${name}`, environment: 'dev' });
    expect(after[0]).toMatchObject({ outcome: 'unresolved', reason: expect.stringMatching(/a moment ago/) });
  });

  it('what a promotion let in is not grandfathered', async () => {
    const digest = await lay(`dev/${name}`, await imageOf(name), '1.0');
    await harbour.liveInDev({ repository: name, digest });
    const { items } = await bringIn({ kind: 'registry', source: `dev/${name}`, environment: 'dev' });
    expect(items[0]).toMatchObject({ outcome: 'admitted' });
  });
});

describe('what would be denied', () => {
  it('is said gate by gate, with what was left there until when; a new policy judges it again', async () => {
    const digest = await lay(`prod/${name}`, await imageOf(name), '1.0');
    await bringIn({ kind: 'registry', source: `prod/${name}` });
    const key = { repository: name, digest };
    expect(await reported(digest)).toMatchObject({ outcome: 'unjudged', wouldBeDenied: true, gates: [] });
    await harbour.judge(key, 'prod', { admitted: false });
    expect(await reported(digest)).toMatchObject({
      ...{ outcome: 'fail', wouldBeDenied: true, admitted: false, repository: name },
      gates: [{ gate: 'digest', verdict: 'fail', reason: 'another one' }],
      grandfathered: { until: UNTIL, ended: false, by: 'olga', reason: 'before Pratique' },
    });
    const [prod] = await readPolicyReportCounts(own.db, ['prod']);
    expect(prod?.wouldBeDenied).toBe((await report()).items.length);
    await harbour.generations.conclude({ ...key, generation: 1 }, { joined: 99, outcome: 'judged', reason: '' });
    await openNewGenerations(own.db, 'policy');
    expect(await causesOf(key)).toEqual(['import', 'policy']);
    await harbour.judge(key, 'prod', { admitted: true, decision: `passes ${name}` });
    expect(await reported(digest)).toMatchObject({ outcome: 'pass', wouldBeDenied: false, admitted: false });
    expect((await report()).items.some((item) => item.digest === digest)).toBe(false);
  });

  it('a new advisory has it judged again', async () => {
    const digest = await lay(name, await imageOf(name), '1.0');
    await bringIn({ references: [at(`${name}@${digest}`)] });
    const key = { repository: name, digest };
    const purl = `pkg:npm/imported-${count}@1.0.0`;
    const component = {
      ...{
        purl,
        ecosystem: 'npm' as const,
        advisoryName: purl,
        name: purl,
        version: '1.0.0',
        advisoryVersion: '1.0.0',
      },
      ...{ licences: [], hashes: [], dependsOn: [], scope: 'runtime' as const, foundBy: 'test', locations: [] },
    };
    const stock = { components: [component], unreadable: [], complete: true };
    const [stored] = await harbour.stocks.record(digest, [
      { digest, platform: 'linux/amd64', stock, failure: undefined },
    ]);
    await harbour.stocks.scanStock(stored!.stock!);
    await harbour.generations.conclude({ ...key, generation: 1 }, { joined: 99, outcome: 'judged', reason: '' });
    await sql`
      insert into finding_change (epoch, component, advisory, change, severity)
      select 0, id, 'GHSA-new', 'appeared', 'critical' from component where purl = ${purl}`.execute(own.db);
    await createRescanBook(own.db, () => harbour.policies.current()).rescan(() => undefined);
    expect(await causesOf(key)).toEqual(['import', 'advisories']);
  });

  it('a part of an index is judged with it', async () => {
    const image = await imageOf(name);
    const index = buildIndex([image]);
    await lay(name, image);
    await lay(name, index, '1.0');
    await harbour.push({ repository: name, digest: index.top.digest }, { children: [image.top.digest] });
    await harbour.judge({ repository: name, digest: index.top.digest }, 'prod', { admitted: false });
    await bringIn({ references: [at(`${name}@${image.top.digest}`)] });
    expect(await reported(image.top.digest)).toMatchObject({ outcome: 'fail' });
  });
});

describe('past its date', () => {
  const soon = () => inDays(1);
  /** As if that day had come: a trigger holds that nobody changes it. */
  const comes = () =>
    transact(own.db, async (trx) => {
      await sql`set local session_replication_role = replica`.execute(trx);
      await sql`update grandfathering set until = clock_timestamp() where until > clock_timestamp() and until < now() + interval '2 days'`.execute(
        trx,
      );
    });

  it('it is a finding, told once, judged again, and still there', async () => {
    const digest = await lay(`prod/${name}`, await imageOf(name), '1.0');
    const until = soon();
    await bringIn({ kind: 'registry', source: `prod/${name}`, until });
    const key = { repository: name, digest };
    await harbour.judge(key, 'prod', { admitted: false });
    await harbour.generations.conclude({ ...key, generation: 1 }, { joined: 99, outcome: 'judged', reason: '' });
    expect((await wake()).next).toBeDefined();
    expect(await findingsOf(`${name}@${digest}`)).toEqual([]);
    await comes();
    expect((await wake()).ended).toBeGreaterThan(0);
    await wake();
    expect(await findingsOf(`${name}@${digest}`)).toMatchObject([
      {
        kind: 'grandfathering-ended',
        detail: { environment: 'prod', until: expect.any(String), by: 'olga', verdict: 'fail' },
      },
    ]);
    const events = (await harbour.eventsOf(`${name}@${digest}`)).map(({ type }) => type);
    expect(events.filter((type) => type === 'artifact.grandfathering-ended')).toHaveLength(1);
    expect(await causesOf(key)).toEqual(['import', 'import']);
    expect(await stateOf(key)).toEqual(['ended']);
    expect(await reported(digest)).toMatchObject({ wouldBeDenied: true, grandfathered: { ended: true } });
    expect(await harbour.placementOf('prod', digest)).toBe('live');
    // And a push of it is one that nobody planned.
    expect(await harbour.intake.grandfatheredUntil({ repository: `prod/${name}`, digest })).toBeUndefined();
  });

  it('nothing is told of what is renewed, or was let in meanwhile', async () => {
    const renewed = await lay(`prod/${name}`, await imageOf(`renewed ${name}`), '1.0');
    const admitted = await lay(`dev/${name}`, await imageOf(`admitted ${name}`), '1.0');
    const until = soon();
    await bringIn({ kind: 'registry', source: `prod/${name}`, until });
    await bringIn({ kind: 'registry', source: `prod/${name}` });
    await bringIn({ kind: 'registry', source: `dev/${name}`, environment: 'dev', until });
    await harbour.liveInDev({ repository: name, digest: admitted });
    await comes();
    await wake();
    expect(await findingsOf(`${name}@${renewed}`)).toEqual([]);
    expect(await findingsOf(`${name}@${admitted}`)).toEqual([]);
    expect(await stateOf({ repository: name, digest: admitted })).toEqual(['admitted']);
  });
});
