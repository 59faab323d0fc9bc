/** From push to production and out again, as people and machines outside see it: over HTTP, in the registry, by the CLI. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBundleVerifier } from '../../adapters/sigstore/bundle-verifier.ts';
import { readEvidence } from '../../adapters/sigstore/read-evidence.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { readSecret } from '../../infra/dev/secrets.ts';
import { stackHome } from '../../infra/dev/stack-home.ts';
import { runCli } from '../../services/cli/run-cli.ts';
import { readMetrics } from '../chaos/read-metrics.ts';
import { buildImage, pushImage } from '../images.ts';
import { createSignedRepository, type SignedRepository } from '../integration/builder/signed-repository.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { pushEvent, sendWebhook } from './distribution-webhook.ts';
import { findOtherLines } from './log-lines.ts';
import { enforcing } from './policies.ts';
import { canary, findLeaks, keyMaterialOf, secretsOfHome } from './secrecy.ts';
import { eventually, openPratique, type Pratique, prepareHome, pushTagged, smallImage } from './stack.ts';
import { COMMITTER, createTestBuilder } from './test-builder.ts';

let pratique: Pratique;
let people: { committer: ApiClient; approver: ApiClient; other: ApiClient; operator: ApiClient; responder: ApiClient };
/** Where one repository is built from; its recipe prints more than it should. */
let source: SignedRepository;
beforeAll(async () => {
  source = await createSignedRepository();
  process.env.PRATIQUE_GIT_LOCAL = source.folder;
  const builder = createTestBuilder();
  const consumers = '    consumers:\n      - { name: old-admission-controller, format: legacy }\n';
  const policy = `${enforcing(builder, consumers)}sources:\n  - { repository: shop/rebuilt, git: ${source.folder}, builder: ci }\n`;
  const dir = await prepareHome('pratique-e2e-', policy);
  await writeFile(stackHome(join(dir, 'home')).allowedSignersFile, source.allowedSigners);
  pratique = await openPratique(dir, builder);
  people = {
    committer: await pratique.as(COMMITTER, 'approver'),
    approver: await pratique.as('alex', 'approver'),
    other: await pratique.as('sam', 'approver'),
    operator: await pratique.as('olga', 'operator'),
    responder: await pratique.as('rene', 'responder'),
  };
});
afterAll(async () => {
  delete process.env.PRATIQUE_GIT_LOCAL;
  await pratique?.close();
  await source?.[Symbol.asyncDispose]();
});

const environments = ['dev', 'staging', 'prod'] as const;
const promotionId = (environment: string, repository: string, digest: Digest) =>
  `promotion/${environment}/${repository}@${digest}`;

async function promotionIn(state: string, environment: string, repository: string, digest: Digest) {
  const id = promotionId(environment, repository, digest);
  return eventually(`${id} to be ${state}`, async () => {
    const { status, body } = await pratique.admin.get('/api/v1/promotion', { id });
    return status === 200 && body.state === state ? body : undefined;
  });
}

const contained = (incident: string) =>
  eventually(`incident ${incident} to be contained`, async () => {
    const { body } = await pratique.admin.get(`/api/v1/incidents/${incident}`);
    return body.state === 'contained' ? true : undefined;
  });

async function approve(who: ApiClient, environment: string, repository: string, digest: Digest) {
  const promotion = promotionId(environment, repository, digest);
  const { body } = await pratique.admin.get('/api/v1/promotion', { id: promotion });
  return who.post('/api/v1/promotions/approve', { promotion, reason: 'looked at it', decision: body.decisionDigest });
}

const judged = (repository: string, digest: Digest, generation = 1) =>
  eventually(`${repository}@${digest} to be judged`, async () => {
    const { status, body } = await pratique.admin.get('/api/v1/artifact', { ref: `${repository}@${digest}` });
    return status === 200 && body.artifact.generation >= generation && body.generation?.state === 'closed'
      ? body
      : undefined;
  });

/** What the registry serves, asked by tag and by digest. */
const served = async (repository: string, digest: Digest, tag: string): Promise<string[]> => {
  const seen: string[] = [];
  for (const environment of environments) {
    const place = `${environment}/${repository}`;
    if ((await pratique.registry.resolve(place, digest)) !== undefined) seen.push(`${environment} by digest`);
    if ((await pratique.registry.resolve(place, tag))?.digest === digest) seen.push(`${environment} by tag`);
  }
  return seen;
};
const everywhere = environments.flatMap((environment) => [`${environment} by digest`, `${environment} by tag`]);

async function toProduction(repository: string, label: string, tag = '1.0'): Promise<Digest> {
  const digest = await pratique.builder.push(pratique.registry, repository, await smallImage(label), tag);
  await promotionIn('waiting', 'prod', repository, digest);
  expect((await approve(people.approver, 'prod', repository, digest)).status).toBe(200);
  await promotionIn('live', 'prod', repository, digest);
  return digest;
}

async function cli(...argv: string[]): Promise<{ exit: number; out: string }> {
  let out = '';
  const exit = await runCli(argv, {
    out: { write: (text) => (out += text) },
    err: { write: (text) => (out += text) },
    in: Readable.from([]),
    // The local stack's registry is known by its folder, and needs no login.
    env: { PRATIQUE_HOME: pratique.stack.home.dir },
    cwd: '/',
    signal: AbortSignal.timeout(60_000),
  });
  return { exit, out };
}

it('an image of a trusted builder goes to prod, once somebody else approves, with its evidence', async () => {
  const { registry, builder, record } = pratique;
  const repository = 'shop/web';
  const digest = await builder.push(registry, repository, await smallImage('web 1'), '1.0');
  const waiting = await promotionIn('waiting', 'prod', repository, digest);
  expect(waiting.reason).toMatch(/1 more approval/);
  expect(await served(repository, digest, '1.0')).toEqual(everywhere.slice(0, 4));

  const refused = await approve(people.committer, 'prod', repository, digest);
  expect(refused).toMatchObject({ status: 409, body: { error: { message: expect.stringMatching(/committed/) } } });
  expect((await approve(people.operator, 'prod', repository, digest)).status).toBe(403);
  expect((await registry.resolve(`prod/${repository}`, '1.0'))?.digest).toBeUndefined();

  expect(await approve(people.approver, 'prod', repository, digest)).toMatchObject({ status: 200 });
  await promotionIn('live', 'prod', repository, digest);
  expect(await served(repository, digest, '1.0')).toEqual(everywhere);

  const files = (await readdir(pratique.stack.home.keysDir)).filter((file) => file.endsWith('.pub'));
  const keys = await Promise.all(files.map((file) => readFile(join(pratique.stack.home.keysDir, file), 'utf8')));
  const verifier = createBundleVerifier();
  for (const environment of environments) {
    const types = [];
    const place = `${environment}/${repository}`;
    for await (const found of readEvidence(registry, place, digest, { limit: 100, known: new Set() })) {
      if (found.kind !== 'bundle') throw new Error(`${place}: ${JSON.stringify(found)}`);
      const verified = await verifier.verify(found.bytes, digest, { keys: [...keys, builder.publicKeyPem] });
      if (verified.outcome !== 'verified') throw new Error(`${place}: ${verified.reason}`);
      types.push(verified.statement.predicateType);
    }
    expect(types, place).toEqual(
      expect.arrayContaining([
        predicateTypes.cosignSignature,
        predicateTypes.provenance,
        predicateTypes.cycloneDx,
        predicateTypes.spdx,
        predicateTypes.vulns,
        predicateTypes.vsa,
      ]),
    );
    const admission = join(pratique.stack.home.keysDir, `admission-${environment}.pub`);
    expect(await cli('verify', `${record.connection.registry}/${place}:1.0`, '--key', admission)).toMatchObject({
      exit: 0,
    });
  }
  // Who agreed is kept with what they agreed to, and the admission is there for those who read nothing but the older tag.
  const place = `${record.connection.registry}/prod/${repository}:1.0`;
  const evidenceKey = join(pratique.stack.home.keysDir, 'evidence.pub');
  expect(await cli('verify', place, '--key', evidenceKey, '--type', 'approval')).toMatchObject({ exit: 0 });
  const graph = await cli('artifact', 'graph', place);
  expect(graph.out).toContain(`sha256-${digest.slice('sha256:'.length)}.sig`);
  expect(graph.out).toContain('promotion record');
  // dev's admission says nothing about prod.
  const dev = join(pratique.stack.home.keysDir, 'admission-dev.pub');
  const prodAdmission = join(pratique.stack.home.keysDir, 'admission-prod.pub');
  expect(
    await cli('verify', `${record.connection.registry}/dev/${repository}:1.0`, '--key', prodAdmission),
  ).toMatchObject({ exit: 1 });
  expect(await cli('verify', `${record.connection.registry}/dev/${repository}:1.0`, '--key', dev)).toMatchObject({
    exit: 0,
  });
  // Nor does it travel there.
  expect(await cli('verify', `${record.connection.registry}/prod/${repository}:1.0`, '--key', dev)).toMatchObject({
    exit: 1,
  });
});

it('an unsigned image is denied with the reasons, and stays denied when it is pushed again', async () => {
  const { registry } = pratique;
  const repository = 'shop/unsigned';
  const image = await smallImage('unsigned');
  const digest = await pushTagged(registry, repository, image, '1.0');
  const denied = await promotionIn('denied', 'dev', repository, digest);
  expect(denied.reason).toMatch(/signature/);
  const { verdicts } = await judged(repository, digest);
  const dev = verdicts.find((verdict: { environment: string }) => verdict.environment === 'dev');
  expect(dev.admitted).toBe(false);
  const reasons = Object.fromEntries(
    dev.gates.map((gate: { gate: string; verdict: string; reason: string }) => [gate.gate, gate]),
  );
  expect(reasons).toMatchObject({
    digest: { verdict: 'pass' },
    signature: { verdict: expect.stringMatching(/fail|unknown/), reason: expect.stringMatching(/\w/) },
    provenance: { verdict: expect.stringMatching(/fail|unknown/), reason: expect.stringMatching(/\w/) },
    sbom: { verdict: 'pass' },
  });

  // By now our own SBOM, scan report and verdict are attached: they are not where it came from.
  await pushTagged(registry, repository, image, '1.0');
  const again = await judged(repository, digest, 2);
  expect(again.verdicts.map((verdict: { admitted: boolean }) => verdict.admitted)).toEqual([false, false, false]);
  await eventually('the second denial', async () => {
    const { body } = await pratique.admin.get('/api/v1/promotion', { id: promotionId('dev', repository, digest) });
    return body.generation === 2 && body.state === 'denied' ? true : undefined;
  });
  expect(await served(repository, digest, '1.0')).toEqual([]);
});

it('a tag that is moved to other bytes is noticed', async () => {
  const { registry } = pratique;
  const repository = 'shop/moved';
  const first = await pushTagged(registry, repository, await smallImage('before'), 'stable');
  await judged(repository, first);
  const second = await pushTagged(registry, repository, await smallImage('after'), 'stable');
  const detail = await judged(repository, second);
  expect(detail.openFindings).toMatchObject([
    { kind: 'tag-moved', detail: { tag: 'stable', from: first, to: second } },
  ]);
  const { body } = await pratique.admin.get('/api/v1/timeline', { ref: `${repository}@${second}` });
  expect(body.items.map((entry: { type: string }) => entry.type)).toContain('artifact.tag-moved');
});

it('a digest that is quarantined before its first push enters nothing', async () => {
  const { registry, builder } = pratique;
  const repository = 'shop/known-bad';
  const image = await smallImage('known bad');
  const opened = await people.responder.post('/api/v1/incidents', {
    selector: image.top.digest,
    reason: 'named in a report',
  });
  expect(opened.status).toBe(201);
  const digest = await builder.push(registry, repository, image, '1.0');
  await judged(repository, digest);
  const ended = await promotionIn('quarantined', 'dev', repository, digest);
  expect(ended.reason).toContain(opened.body.id);
  expect(await served(repository, digest, '1.0')).toEqual([]);
});

it('nobody but Pratique writes to an environment, and what its own hand did unplanned is a finding', async () => {
  const { registry, registryAs, stack } = pratique;
  const repository = 'shop/web';
  const speaksFor = { repositories: ['**'], builders: [pratique.builder.id] };
  const builder = registryAs('ci', await pratique.tokenFor('ci-of-web', 'operator', speaksFor));
  const admin = registryAs('admin', (await readFile(stack.home.adminTokenFile, 'utf8')).trim());
  for (const [who, other] of Object.entries({ builder, admin, registry, stranger: registryAs('promote', 'guessed') }))
    await expect(pushTagged(other, `prod/${repository}`, await smallImage(who), '6.6.6'), who).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
    });
  expect(await registry.resolve(`prod/${repository}`, '6.6.6')).toBeUndefined();

  const stolen = registryAs('promote', await readSecret(stack.home.registryPasswordFile('promote')));
  const digest = await pushTagged(stolen, `prod/${repository}`, await smallImage('stolen'), '6.6.6');
  const [finding] = await eventually('the finding', async () => {
    const found = await pratique.query<{ detail: object }>(
      "select detail from finding where kind = 'unplanned-push' and subject = $1",
      [`prod/${repository}@${digest}`],
    );
    return found.length > 0 ? found : undefined;
  });
  expect(finding?.detail).toMatchObject({ environment: 'prod', actor: 'pratique/promote' });
  // No promotion put it there: the incident that the finding asks for takes it out.
  const opened = await people.responder.post('/api/v1/incidents', { selector: digest, reason: 'planted' });
  await contained(opened.body.id);
  for (const reference of ['6.6.6', digest])
    expect(await registry.resolve(`prod/${repository}`, reference)).toBeUndefined();
  expect(await registry.resolve(`quarantine/${repository}`, digest)).toBeDefined();
});

it('a release by two people brings an artifact back, through the same gates', async () => {
  const { registry } = pratique;
  const repository = 'shop/cleared';
  const digest = await toProduction(repository, 'cleared');
  const opened = await people.responder.post('/api/v1/incidents', { selector: digest, reason: 'looked odd' });
  await contained(opened.body.id);
  expect(await served(repository, digest, '1.0')).toEqual([]);

  const asked = await people.operator.post('/api/v1/releases', { ref: digest, reason: 'was a false alarm' });
  expect(asked).toMatchObject({ status: 202, body: { outcome: 'waiting' } });
  const decide = (who: ApiClient) => who.post(`/api/v1/releases/${asked.body.request}/approve`, { reason: 'agreed' });
  expect((await decide(people.operator)).status).toBe(403);
  expect(await served(repository, digest, '1.0')).toEqual([]);
  expect(await decide(people.other)).toMatchObject({ status: 200, body: { outcome: 'released' } });
  const generation = await eventually('the new promotion to prod', async () => {
    const { body } = await pratique.admin.get('/api/v1/promotion', { id: promotionId('prod', repository, digest) });
    return body.generation === 2 && body.state !== 'requested' ? body : undefined;
  });
  if (generation.state === 'waiting') await approve(people.approver, 'prod', repository, digest);
  await promotionIn('live', 'prod', repository, digest);
  expect(await served(repository, digest, '1.0')).toEqual(everywhere);
  expect(await registry.resolve(`prod/${repository}`, digest)).toBeDefined();
  const { verdicts } = await judged(repository, digest, 2);
  expect(verdicts.map((verdict: { generation: number }) => verdict.generation)).toEqual([2, 2, 2]);
  // What happened to it is written down, and came along.
  const place = `${pratique.record.connection.registry}/prod/${repository}@${digest}`;
  const evidenceKey = join(pratique.stack.home.keysDir, 'evidence.pub');
  for (const type of ['quarantine', 'quarantinerelease'])
    expect(await cli('verify', place, '--key', evidenceKey, '--type', type)).toMatchObject({ exit: 0 });
});

it('an incident on the builder takes out everything it built, and keeps it out', async () => {
  const { registry, builder } = pratique;
  const first = await toProduction('shop/one', 'one');
  const second = await toProduction('shop/two', 'two');
  expect(await served('shop/one', first, '1.0')).toEqual(everywhere);

  const selector = `builder:${builder.id}`;
  const preview = await people.responder.post('/api/v1/incidents', { selector, reason: 'key leaked', dryRun: true });
  expect(preview.body.subjects.map((subject: { digest: string }) => subject.digest)).toEqual(
    expect.arrayContaining([first, second]),
  );
  const opened = await people.responder.post('/api/v1/incidents', { selector, reason: 'key leaked' });
  expect(opened.status).toBe(201);
  await contained(opened.body.id);
  expect(await served('shop/one', first, '1.0')).toEqual([]);
  expect(await served('shop/two', second, '1.0')).toEqual([]);
  expect(await registry.resolve('quarantine/shop/one', first)).toBeDefined();

  // Pushed again, asked for by hand, and pushed to another repository: still out.
  await pushImage(registry, 'shop/one', await smallImage('one'), '1.1');
  await judged('shop/one', first, 2);
  const asked = await people.operator.post('/api/v1/promotions', {
    ref: `shop/one@${first}`,
    environment: 'staging',
  });
  expect([202, 409]).toContain(asked.status);
  await builder.push(registry, 'shop/elsewhere', await smallImage('one'), '1.0');
  await judged('shop/elsewhere', first);
  await promotionIn('quarantined', 'dev', 'shop/elsewhere', first);
  expect(await served('shop/one', first, '1.1')).toEqual([]);
  expect(await served('shop/elsewhere', first, '1.0')).toEqual([]);
});

/** Strings that may stand in their own place only, brought in by every door. Gives what the callers were told. */
async function plant(planted: Record<string, string>): Promise<string> {
  const { registry, builder, record } = pratique;
  const told: unknown[] = [];
  const description = { name: 'left-pad', version: '1.3.0', license: 'WTFPL', description: planted.component };
  const image = await buildImage({
    layers: [
      { files: { 'app/node_modules/left-pad/package.json': JSON.stringify(description) } },
      { files: { 'app/.env': `SECRET=${planted['file in a layer']}` } },
    ],
    config: { Labels: { note: planted.label }, Env: [`TOKEN=${planted['environment of an image']}`] },
    annotations: { note: planted.annotation ?? '' },
  });
  const commit = await source.commit({
    'pratique.build.yaml': `build: [[sh, -c, "echo ${planted['build log']}; exit 7"]]\noutput: out\n`,
  });
  const digest = await builder.push(registry, 'shop/rebuilt', image, '1.0', { repository: source.folder, commit });
  await judged('shop/rebuilt', digest);
  const asked = await people.operator.post('/api/v1/rebuilds', { ref: `shop/rebuilt@${digest}`, reason: 'to see' });
  const rebuilt = await eventually('the rebuild to fail', async () => {
    const { body } = await pratique.admin.get(`/api/v1/rebuilds/${asked.body.rebuild}`);
    return body.state === 'failed' ? body : undefined;
  });
  expect(rebuilt.reason).toMatch(/ended with 7/);
  told.push(rebuilt);

  const ci = await pratique.as('ci', 'viewer', { repositories: ['shop/**'], builders: [builder.id] });
  const event = { specversion: '1.0', id: 'x', source: '/ci', type: 'dev.cdevents.artifact.published.0.2.0' };
  for (const more of [{ data: { note: planted.event } }, { note: planted.event }])
    told.push(await ci.post('/events', { ...event, ...more }));
  const notification = { events: [{ ...pushEvent('shop/rebuilt', digest, '1.0'), note: planted.notification }] };
  told.push(await (await sendWebhook(pratique, JSON.stringify(notification))).text());
  told.push(await (await sendWebhook(pratique, `{"events": ["${planted.notification}"`)).text());
  const wrong = { authorization: `Bearer ${planted['wrong secret']}` };
  told.push(await (await sendWebhook(pratique, '{}', wrong)).text());

  const stranger = createApiClient(record.connection.gatewayUrl, planted['wrong secret'] ?? '');
  told.push(await stranger.get('/api/v1/artifacts'));
  told.push(await people.operator.post('/api/v1/promotions', { ref: planted['malformed call'] ?? '', nonsense: 1 }));
  told.push(
    await cli('artifact', 'list', '--url', record.connection.gatewayUrl, '--token', planted['wrong secret'] ?? ''),
  );
  return JSON.stringify(told);
}

it('no secret and no body of a document is outside of its place', async () => {
  const names = ['component', 'file in a layer', 'label', 'environment of an image', 'annotation', 'build log'];
  const doors = [...names, 'event', 'notification', 'wrong secret', 'malformed call'];
  const planted = Object.fromEntries(doors.map((name) => [name, canary()]));
  const told = await plant(planted);
  const needles = new Map([
    ...Object.entries(planted),
    ...(await secretsOfHome(pratique.stack.home)),
    ...(await keyMaterialOf(pratique.stack.home)),
  ]);
  for (const [name, { token }] of Object.entries(people)) needles.set(`token of ${name}`, token);
  expect(needles.size).toBeGreaterThan(20);
  expect(await findLeaks(pratique, needles)).toEqual([]);
  expect([...needles].flatMap(([name, needle]) => (told.includes(needle) ? [name] : []))).toEqual([]);
  // Looking finds what is there: the repository's name is everywhere.
  const everywhere = await findLeaks(pratique, new Map([['a name', 'shop/rebuilt']]));
  for (const place of ['log', 'table', 'topic', 'history'])
    expect(
      everywhere.some((one) => one.startsWith(place)),
      place,
    ).toBe(true);
});

it('every line of the log of every service is JSON', async () => {
  expect(await findOtherLines(pratique.stack)).toEqual([]);
});

it('what was done is counted: by process, activity and outcome, and by environment', async () => {
  const metrics = await readMetrics(pratique.stack, /^pratique_(activity_duration_seconds_count|[a-z]+_total)/);
  const samples = [...metrics.keys()];
  for (const sample of [
    /activity_duration_seconds_count\{activity="openGeneration|activity_duration_seconds_count\{activity="reserve"/,
    /activity_duration_seconds_count\{activity="attest",outcome="completed"\}/,
    /activity_duration_seconds_count\{activity="buildFromSource",outcome="(completed|failed)"\}/,
    /pratique_verdicts_total\{environment="prod",outcome="pass"\}/,
    /pratique_promotions_total\{environment="prod",state="live"\}/,
    /pratique_signatures_total\{purpose="admission"\}/,
    /pratique_quarantines_total/,
  ])
    expect(
      samples.filter((one) => sample.test(one)),
      String(sample),
    ).not.toEqual([]);
});
