/** One whole Pratique, and people who want something into it that does not belong there. Each is stopped for a reason of its own. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachBundles } from '../../adapters/sigstore/attach-bundle.ts';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { openKeyRing } from '../../adapters/sigstore/local-key-ring.ts';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import { type Digest, digestHex } from '../../domain/artifact/digest.ts';
import { encodeIntakeEvent } from '../../domain/events/encode-intake-event.ts';
import { createCosignSignature } from '../../domain/trust/cosign-signature.ts';
import type { EvidenceRecord } from '../../domain/trust/evidence.ts';
import { createProvenance } from '../../domain/trust/provenance-statement.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { readSecret } from '../../infra/dev/secrets.ts';
import type { ApiClient } from '../e2e/api-client.ts';
import { pushEvent, sendWebhook } from '../e2e/distribution-webhook.ts';
import { enforcing } from '../e2e/policies.ts';
import { eventually, type Pratique, pushTagged, smallImage, startPratique } from '../e2e/stack.ts';
import { COMMITTER } from '../e2e/test-builder.ts';
import { buildImage, buildIndex, digestOf, manifestBytes, pushImage, type TestImage } from '../images.ts';
import { openStranger, type Stranger } from './stranger.ts';

let pratique: Pratique;
let stranger: Stranger;
let operator: ApiClient;
let responder: ApiClient;
let approver: ApiClient;
beforeAll(async () => {
  pratique = await startPratique(enforcing);
  const { temporalAddress, temporalNamespace } = pratique.record.connection;
  stranger = await openStranger(temporalAddress, temporalNamespace);
  await pratique.as(COMMITTER, 'approver');
  operator = await pratique.as('olga', 'operator');
  responder = await pratique.as('rene', 'responder');
  approver = await pratique.as('alex', 'approver');
});
afterAll(async () => {
  await stranger?.close();
  await pratique?.close();
});

interface Gate {
  gate: string;
  verdict: string;
  reason: string;
  details: string[];
}

async function judged(repository: string, digest: Digest, generation = 1): Promise<(gate: string) => Gate> {
  const detail = await eventually(`${repository}@${digest} to be judged`, async () => {
    const { status, body } = await pratique.admin.get('/api/v1/artifact', { ref: `${repository}@${digest}` });
    return status === 200 && body.artifact.generation >= generation && body.generation?.state === 'closed'
      ? body
      : undefined;
  });
  const dev = detail.verdicts.find((verdict: { environment: string }) => verdict.environment === 'dev');
  return (wanted) => dev.gates.find(({ gate }: Gate) => gate === wanted);
}

async function ended(environment: string, repository: string, digest: Digest, generation = 1) {
  const id = `promotion/${environment}/${repository}@${digest}`;
  return eventually(`${id} to end`, async () => {
    const { status, body } = await pratique.admin.get('/api/v1/promotion', { id });
    const isOpen = ['requested', 'waiting', 'reserved'].includes(body?.state);
    return status === 200 && body.generation >= generation && !isOpen ? body : undefined;
  });
}

const inEnvironments = async (repository: string, digest: Digest): Promise<string[]> => {
  const found = [];
  for (const environment of ['dev', 'staging', 'prod'])
    if ((await pratique.registry.resolve(`${environment}/${repository}`, digest)) !== undefined)
      found.push(environment);
  return found;
};

async function unsigned(repository: string): Promise<{ image: TestImage; digest: Digest }> {
  const image = await smallImage(repository);
  const digest = await pushTagged(pratique.registry, repository, image, '1.0');
  expect((await ended('dev', repository, digest)).state).toBe('denied');
  return { image, digest };
}

async function liveInDev(repository: string): Promise<{ image: TestImage; digest: Digest }> {
  const image = await smallImage(repository);
  const digest = await pratique.builder.push(pratique.registry, repository, image, '1.0');
  expect((await ended('dev', repository, digest)).state).toBe('live');
  return { image, digest };
}

describe('an unsigned push', () => {
  it('is denied for its signature and its provenance, and again when it comes twice', async () => {
    const repository = 'red/unsigned';
    const { image, digest } = await unsigned(repository);
    for (const generation of [1, 2]) {
      const gate = await judged(repository, digest, generation);
      expect(gate('signature')).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(/nothing is signed/) });
      expect(gate('provenance')).toMatchObject({
        verdict: 'fail',
        reason: expect.stringMatching(/there is no provenance/),
      });
      if (generation === 1) await pushTagged(pratique.registry, repository, image, '1.0');
    }
    expect((await ended('dev', repository, digest, 2)).state).toBe('denied');
    expect(await inEnvironments(repository, digest)).toEqual([]);
  });

  it('with our own evidence key’s signature and provenance has no origin', async () => {
    const { home } = pratique.stack;
    const signer = await openKeyRing(home.keysDir, await readSecret(home.keyPassphraseFile)).evidence();
    const repository = 'red/own-key';
    const image = await smallImage(repository);
    const digest = await pushImage(pratique.registry, repository, image);
    const now = new Date().toISOString();
    const source = {
      repository: 'https://git.test/shop.git',
      commit: 'c'.repeat(40),
      signedBy: COMMITTER,
      committerEmail: '',
      committedAt: 1,
    };
    const provenance = createProvenance(digest, {
      ...{ builderId: pratique.builder.id, builderHost: 'h', invocationId: '1', source, toolchain: {} },
      ...{ startedOn: now, finishedOn: now },
    });
    const items = [];
    for (const statement of [createCosignSignature(digest), provenance])
      items.push({
        subject: image.top,
        bundle: await createBundleSigner().sign(statement, signer),
        predicateType: statement.predicateType,
        created: now,
      });
    await attachBundles(pratique.registry, repository, items);
    await pratique.registry.putManifest(repository, '1.0', manifestBytes(image), image.top.mediaType);
    const gate = await judged(repository, digest);
    for (const name of ['signature', 'provenance']) {
      expect(gate(name)).toMatchObject({ verdict: 'fail' });
      expect(gate(name).details.join()).toMatch(
        /refused \(OWN_EVIDENCE\): made by Pratique itself, which never counts/,
      );
    }
    expect(await inEnvironments(repository, digest)).toEqual([]);
  });

  it('with somebody else’s SBOM is judged by what is in it', async () => {
    const repository = 'red/foreign-sbom';
    const image = await buildImage({ layers: [{ files: { 'app/bundle.bin': randomBytes(64) } }] });
    const digest = await pratique.builder.push(pratique.registry, repository, image, '1.0');
    const gate = await judged(repository, digest);
    expect(gate('sbom')).toMatchObject({ verdict: 'unknown', reason: expect.stringMatching(/0 components/) });
  });
});

describe('a stranger on the task queues', () => {
  it('gets no verdict for an artifact that does not pass, whatever they say of it', async () => {
    const repository = 'red/queue';
    const { digest } = await unsigned(repository);
    const forged = { repository, digest, generation: 1, verdict: { outcome: 'pass', admitted: true }, outcome: 'pass' };
    expect(await stranger.run('trust', 'attest', forged)).toMatchObject({
      verdicts: [{ admitted: false, outcome: 'fail' }, { admitted: false }, { admitted: false }],
    });
  });

  it('gets nothing said about a repository that no pushes are taken from', async () => {
    const { digest } = await liveInDev('red/places');
    expect(
      await stranger.run('trust', 'attest', { repository: 'dev/red/places', digest, generation: 1 }),
    ).toMatchObject({
      failed: 'REPOSITORY_NOT_TAKEN_IN',
    });
  });

  it('gets no admission without a reservation, and no promotion that nobody asked for', async () => {
    const repository = 'red/admission';
    const { digest } = await unsigned(repository);
    const key = { environment: 'prod', repository, digest, generation: 7 };
    expect(await stranger.run('trust', 'admit', key)).toMatchObject({ failed: 'PROMOTION_UNKNOWN' });
    expect(await stranger.run('trust', 'admit', { ...key, environment: 'dev', generation: 1 })).toMatchObject({
      outcome: 'refused',
    });
    expect(await stranger.start('promotion', 'control', key)).toMatchObject({ failed: 'PROMOTION_UNKNOWN' });
    expect(await inEnvironments(repository, digest)).toEqual([]);
  });

  it('starts a pipeline for a push that nobody heard of: it does nothing', async () => {
    const digest = digestOf(randomBytes(16));
    await stranger.start('artifactPipeline', 'control', { repository: 'red/nowhere', digest, generation: 3 });
    expect(await pratique.query('select 1 from verdict where digest = $1', [digest])).toEqual([]);
  });

  it('approves as somebody else: no decision was taken at the gateway', async () => {
    const repository = 'red/approval';
    const digest = await pratique.builder.push(pratique.registry, repository, await smallImage(repository), '1.0');
    const id = `promotion/prod/${repository}@${digest}`;
    const { decisionDigest } = await eventually('prod to wait', async () => {
      const { body } = await pratique.admin.get('/api/v1/promotion', { id });
      return body.state === 'waiting' ? body : undefined;
    });
    const decider = { principal: 'alex', groups: [] };
    const forged = { ticket: randomUUID(), verb: 'approve', reason: 'trust me', decider };
    const handle = stranger.client.workflow.getHandle(id);
    expect(await handle.executeUpdate('decidePromotion', { args: [forged] })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(/at the gateway/),
    });
    const key = { environment: 'prod', repository, digest, generation: 1 };
    expect(await stranger.run('control', 'decide', key, forged)).toMatchObject({ outcome: 'refused' });
    expect(await stranger.run('control', 'goLive', key)).toMatchObject({ outcome: 'refused' });
    expect(await inEnvironments(repository, digest)).toEqual(['dev', 'staging']);
    expect(
      (await approver.post('/api/v1/promotions/approve', { promotion: id, reason: 'looked', decision: decisionDigest }))
        .status,
    ).toBe(200);
    expect((await ended('prod', repository, digest)).state).toBe('live');
  });

  it('moves nothing into an environment by a quarantine, and takes nothing out that no incident holds', async () => {
    const { digest: evil } = await unsigned('red/mover');
    const { digest: good } = await liveInDev('red/target');
    const holding = {
      environment: 'dev',
      destination: 'red/mover',
      repository: 'red/mover',
      quarantine: 'prod/red/mover',
    };
    await stranger.run('urgent', 'removeFrom', { digest: evil, incident: 'made-up' }, holding);
    await stranger.run(
      'urgent',
      'removeFrom',
      { digest: good, incident: 'made-up' },
      { ...holding, destination: 'dev/red/target' },
    );
    expect(await inEnvironments('red/mover', evil)).toEqual([]);
    expect(await inEnvironments('red/target', good)).toContain('dev');
  });
});

describe('somebody who writes to Postgres', () => {
  it('forges evidence: the registry does not show it, and it counts for nothing', async () => {
    const repository = 'red/forged-evidence';
    const { image, digest } = await unsigned(repository);
    const [ci] = await pratique.query<{ identity: string }>(
      "select value as identity from artifact_fact where kind = 'signer' limit 1",
    );
    const keyId = ci?.identity.slice('key:'.length) ?? '';
    const forge = (name: string, predicateType: string, more: object = {}): EvidenceRecord => ({
      manifest: digestOf(Buffer.from(name)),
      bundle: digestOf(Buffer.from(name)),
      subject: digest,
      predicateType,
      origin: 'foreign',
      verification: { outcome: 'verified', identity: { kind: 'key', keyId } },
      ...more,
    });
    const records = [
      forge('signature', predicateTypes.cosignSignature),
      forge('provenance', predicateTypes.provenance, {
        provenance: {
          builderId: pratique.builder.id,
          buildType: 'x',
          sourceRepository: 'https://git.test/shop',
          commit: 'c'.repeat(40),
        },
      }),
    ];
    for (const record of records)
      await pratique.query(
        `insert into evidence (repository, manifest, subject, bundle, predicate_type, origin, outcome, identity, record)
         values ($1, $2, $3, $4, $5, 'foreign', 'verified', $6, $7)`,
        [
          repository,
          record.manifest,
          digest,
          record.bundle,
          record.predicateType,
          `key:${keyId}`,
          JSON.stringify(record),
        ],
      );
    await pushTagged(pratique.registry, repository, image, '1.0');
    const gate = await judged(repository, digest, 2);
    for (const name of ['signature', 'provenance']) {
      expect(gate(name)).toMatchObject({ verdict: 'fail' });
      expect(gate(name).details.join()).toMatch(/RECORD_FORGED/);
    }
    expect(await inEnvironments(repository, digest)).toEqual([]);
  });

  it('forges a verdict: it is judged again before anything is signed, and taken back', async () => {
    const repository = 'red/forged-verdict';
    const { digest } = await unsigned(repository);
    await pratique.query(
      `update verdict set outcome = 'pass', admitted = true, evaluated_at = now(),
         body = jsonb_set(jsonb_set(body, '{outcome}', '"pass"'), '{admitted}', 'true')
       where repository = $1 and environment = 'dev'`,
      [repository],
    );
    const ref = `${repository}@${digest}`;
    expect((await operator.post('/api/v1/promotions', { ref, environment: 'dev' })).status).toBe(202);
    const end = await ended('dev', repository, digest, 2);
    expect(end).toMatchObject({ state: 'denied', reason: expect.stringMatching(/judged again, it is not admitted/) });
    // The promotion is over before the last manifest of its copy is removed.
    await eventually('the copy to be taken back', async () =>
      (await inEnvironments(repository, digest)).length === 0 ? true : undefined,
    );
    const signed = await pratique.registry.listReferrers(`dev/${repository}`, digest);
    expect(signed).toEqual([]);
  });

  it('deletes our keys from the list of own keys: what they signed is still no origin', async () => {
    const repository = 'red/own-keys-deleted';
    const { image, digest } = await unsigned(repository);
    const rows = await pratique.query<{ key_id: string; name: string; public_key: string }>(
      'delete from own_key returning key_id, name, public_key',
    );
    try {
      await pushTagged(pratique.registry, repository, image, '1.0');
      const gate = await judged(repository, digest, 2);
      expect(gate('signature')).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(/nothing is signed/) });
      const [foreign] = await pratique.query(
        "select 1 from evidence where repository = $1 and origin = 'foreign' and outcome = 'verified'",
        [repository],
      );
      expect(foreign).toBeUndefined();
    } finally {
      for (const row of rows)
        await pratique.query('insert into own_key (key_id, name, public_key) values ($1, $2, $3)', [
          row.key_id,
          row.name,
          row.public_key,
        ]);
    }
  });
});

describe('an event', () => {
  const source = () =>
    pratique.as('ci-red', 'viewer', { repositories: ['red/told', 'red/told/**'], builders: [pratique.builder.id] });
  const told = (repository: string, digest: Digest, changes: { commit?: string; builder?: string } = {}) =>
    encodeIntakeEvent(
      {
        kind: 'build-finished',
        id: randomUUID(),
        source: '/me',
        occurredAt: new Date().toISOString(),
        repository,
        digest,
        commit: changes.commit ?? 'c'.repeat(40),
        sourceRepository: 'https://git.test/shop.git',
        builder: { id: changes.builder ?? pratique.builder.id },
        toolchain: {},
      },
      pratique.record.connection.registry,
    );
  const send = async (event: object, by: ApiClient) => {
    const response = await fetch(new URL('/events', by.baseUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${by.token}`, 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify(event),
    });
    return { status: response.status, body: (await response.json()) as { error?: { code: string; place?: string } } };
  };

  it('from a source that may not speak for that repository is refused', async () => {
    expect(await send(told('shop/web', digestOf(randomBytes(4))), await source())).toMatchObject({
      status: 403,
      body: { error: { code: 'FORBIDDEN', place: '$.data.subject.content.artifactId' } },
    });
  });

  it('from a source that may not speak for that builder is refused', async () => {
    const event = told('red/told', digestOf(randomBytes(4)), { builder: 'https://builders.test/other' });
    expect(await send(event, await source())).toMatchObject({
      status: 403,
      body: { error: { code: 'FORBIDDEN', place: '$.data.customData.builder.id' } },
    });
  });

  it('that contradicts the provenance makes it unknown, for its own repository and for no other', async () => {
    const { image, digest } = await liveInDev('red/told');
    await pratique.builder.push(pratique.registry, 'red/untold', image, '1.0');
    expect((await judged('red/untold', digest))('provenance')).toMatchObject({ verdict: 'pass' });
    expect((await send(told('red/told', digest, { commit: 'd'.repeat(40) }), await source())).status).toBe(202);
    // What was attached after the push may have been judged in between.
    const gate = await eventually('the event to be judged', async () => {
      const found = await judged('red/told', digest, 2);
      return found('provenance').verdict === 'pass' ? undefined : found;
    });
    expect(gate('provenance')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringMatching(/2 different commits/),
    });
    expect(gate('provenance').details.join()).toMatch(/an event of \/sources\/ci-red says d{40}/);
    await pushTagged(pratique.registry, 'red/untold', image, '1.1');
    expect((await judged('red/untold', digest, 2))('provenance')).toMatchObject({ verdict: 'pass' });
  });

  it('of the webhook is taken once, however often it is sent, and not at all with another secret', async () => {
    const { digest } = await liveInDev('red/replayed');
    const body = JSON.stringify({ events: [pushEvent('red/replayed', digest, '1.0')] });
    for (let sent = 0; sent < 3; sent += 1) expect((await sendWebhook(pratique, body)).status).toBe(202);
    await judged('red/replayed', digest, 2);
    const rows = await pratique.query('select 1 from intake where event_id = $1', [
      `distribution:${pratique.record.connection.registry}:${JSON.parse(body).events[0].id}`,
    ]);
    expect(rows).toHaveLength(1);
    const { status } = await sendWebhook(pratique, body, { authorization: 'Bearer 0123456789abcdef' });
    expect(status).toBe(401);
  });
});

describe('a quarantined image', () => {
  const quarantine = async (selector: string) => {
    const opened = await responder.post('/api/v1/incidents', { selector, reason: 'red team' });
    expect(opened.status).toBe(201);
    return String(opened.body.id);
  };

  it('under another label is the same image, and stays out', async () => {
    const content = {
      files: {
        'app/label': 'relabelled',
        'app/node_modules/left-pad/package.json': '{"name":"left-pad","version":"1.3.0"}',
      },
    };
    const image = await buildImage({ layers: [content] });
    const copy = await buildImage({
      layers: [content],
      config: { Labels: { 'org.opencontainers.image.title': 'something else' } },
      annotations: { a: 'b' },
    });
    expect(copy.top.digest).not.toBe(image.top.digest);
    const digest = await pratique.builder.push(pratique.registry, 'red/labelled', image, '1.0');
    await ended('dev', 'red/labelled', digest);
    const incident = await quarantine(digest);
    const other = await pratique.builder.push(pratique.registry, 'red/relabelled', copy, '1.0');
    const end = await ended('dev', 'red/relabelled', other);
    expect(end).toMatchObject({ state: 'quarantined', reason: expect.stringContaining(incident) });
    expect(await inEnvironments('red/relabelled', other)).toEqual([]);
  });

  it('is taken out over connections to Postgres that no backlog can hold', async () => {
    const digest = await pushTagged(pratique.registry, 'red/urgent', await smallImage('red urgent'), '1.0');
    await judged('red/urgent', digest);
    await quarantine(digest);
    await eventually('the urgent pool is used', async () => {
      const pools = await pratique.query<{ application_name: string }>(
        `select distinct application_name from pg_stat_activity where application_name like 'pratique-%-urgent'`,
      );
      return pools.length === 1 ? pools : undefined;
    });
  });

  it('that is an index takes its children with it, under whatever tag they come', async () => {
    const children = await Promise.all(
      ['amd64', 'arm64'].map((architecture) =>
        buildImage({
          layers: [{ files: { 'app/label': `red ${architecture}` } }],
          platform: { os: 'linux', architecture },
        }),
      ),
    );
    const index = buildIndex(children);
    await pushImage(pratique.registry, 'red/index', index, '1.0');
    await judged('red/index', index.top.digest);
    const incident = await quarantine(index.top.digest);
    const [child] = children as [TestImage];
    const digest = await pratique.builder.push(pratique.registry, 'red/child', child, '1.0');
    const end = await ended('dev', 'red/child', digest);
    expect(end).toMatchObject({ state: 'quarantined', reason: expect.stringContaining(incident) });
    expect(await inEnvironments('red/child', digest)).toEqual([]);
  });
});

describe('a runnable image', () => {
  it('dressed as a referrer, by its subject and its tag, is judged like any other', async () => {
    const repository = 'red/dressed';
    const { image: host } = await unsigned(repository);
    const image = await smallImage('dressed');
    const manifest = JSON.parse(new TextDecoder().decode(manifestBytes(image)));
    const { mediaType, digest: subject, size } = host.top;
    const bytes = new TextEncoder().encode(
      JSON.stringify({
        ...manifest,
        artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        subject: { mediaType, digest: subject, size },
      }),
    );
    for (const [digest, blob] of image.blobs)
      if (digest !== image.top.digest) await pratique.registry.putBlob(repository, { digest, size: blob.length }, blob);
    await pratique.registry.putManifest(repository, `sha256-${digestHex(subject)}`, bytes, mediaTypes.ociManifest);
    const digest = digestOf(bytes);
    const gate = await judged(repository, digest);
    expect(gate('signature')).toMatchObject({ verdict: 'fail' });
    expect((await ended('dev', repository, digest)).state).toBe('denied');
  });
});

describe('a policy', () => {
  it('of a version that is not higher is refused by the gateway', async () => {
    const text = (await readFile(pratique.stack.home.policyFile, 'utf8')).replace('required: 1', 'required: 2');
    const response = await fetch(new URL('/api/v1/policies', pratique.admin.baseUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${pratique.admin.token}`, 'content-type': 'application/yaml' },
      body: text,
    });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      error: { code: 'REFUSED', message: expect.stringMatching(/not higher/) },
    });
  });
});
