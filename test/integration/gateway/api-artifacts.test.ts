import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { appendOutbox } from '../../../adapters/postgres/outbox.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { policyText } from '../postgres/harbour.ts';
import { newDigest, startApi } from './api-fixture.ts';
import { REGISTRY } from './gateway-fixture.ts';

const { gateway, get, insertArtifact } = await startApi();
afterAll(() => gateway.close());

describe('artifacts', () => {
  test('are listed a page at a time, each once', async () => {
    const repository = `paged/${randomBytes(4).toString('hex')}`;
    const all = new Set<string>();
    for (let i = 0; i < 5; i += 1) all.add(await insertArtifact(repository));
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 3; page += 1) {
      const response = await get(`/artifacts?repository=${repository}&limit=2${cursor}`);
      const { items, next } = response.json<{ items: { digest: string }[]; next: string | null }>();
      seen.push(...items.map(({ digest }) => digest));
      cursor = `&cursor=${next}`;
      expect(next === null).toBe(page === 2);
    }
    expect(seen).toHaveLength(5);
    expect(new Set(seen)).toEqual(all);
    const foreign = await get('/artifacts?cursor=WyJ4Il0');
    expect(foreign.json()).toMatchObject({ error: { code: 'INVALID_REQUEST', place: 'querystring.cursor' } });
  });

  test('are found by tag, by digest in a repository, by digest alone, and by where they were promoted to', async () => {
    const repository = `named/${randomBytes(4).toString('hex')}`;
    const digest = await insertArtifact(repository, newDigest(), '1.0');
    const destination = `prod/${repository}`;
    await gateway.db
      .insertInto('placement')
      .values({ environment: 'prod', destination, digest, state: 'live' })
      .execute();
    await gateway.db
      .insertInto('channel')
      .values({ environment: 'prod', destination, tag: 'stable', digest, build_order: 1 })
      .execute();
    const refs = [
      `${repository}:1.0`,
      `${REGISTRY}/${repository}:1.0`,
      `${repository}@${digest}`,
      digest,
      `${destination}:stable`,
      `${destination}@${digest}`,
    ];
    for (const ref of refs) {
      const response = await get(`/artifact?ref=${encodeURIComponent(ref)}`);
      expect([ref, response.json<{ artifact?: unknown }>().artifact]).toMatchObject([ref, { repository, digest }]);
    }
    for (const ref of [digest, `${repository}@${digest}`, `${destination}@${digest}`]) {
      const short = await get(`/artifact?ref=${encodeURIComponent(ref.slice(0, -52))}`);
      expect(short.json()).toMatchObject({ artifact: { repository, digest } });
    }
    await insertArtifact(repository, `${digest.slice(0, 30)}${newDigest().slice(30)}`);
    const several = await get(`/artifact?ref=${digest.slice(0, 30)}`);
    expect([several.statusCode, several.body]).toEqual([400, expect.stringContaining('several digests begin with')]);
    const none = await get(`/artifact?ref=sha256:${'0'.repeat(12)}`);
    expect([none.statusCode, none.body]).toEqual([404, expect.stringContaining('whose digest begins with')]);
    const untagged = await get(`/artifact?ref=${repository}`);
    expect(untagged.json()).toMatchObject({
      error: { code: 'NOT_FOUND', message: `nothing in ${repository} is tagged latest: name a tag or a digest` },
    });
    const missing = await get(`/artifact?ref=${repository}:2.0`);
    expect(missing.statusCode).toBe(404);
    const elsewhere = await get(`/artifact?ref=${encodeURIComponent(`ghcr.io/${repository}:1.0`)}`);
    expect(elsewhere.statusCode).toBe(400);
  });

  test('are chosen by the state that is shown; a word that is none is refused', async () => {
    const repository = `state/${randomBytes(4).toString('hex')}`;
    const [judged, held, open] = [
      await insertArtifact(repository),
      await insertArtifact(repository),
      await insertArtifact(repository),
    ];
    const own = gateway.db.updateTable('artifact').set({ phase: 'judged', outcome: 'judged' });
    await own.where('repository', '=', repository).where('digest', '<>', open).execute();
    await gateway.db.insertInto('artifact_fence').values({ digest: held, state: 'fenced' }).execute();
    for (const [phase, digest] of [
      ['judged', judged],
      ['quarantined', held],
      ['pending', open],
    ]) {
      const { items } = (await get(`/artifacts?repository=${repository}&phase=${phase}`)).json<{ items: object[] }>();
      expect([phase, items]).toMatchObject([phase, [{ digest }]]);
    }
    expect((await get('/artifacts?phase=foo')).json()).toMatchObject({
      error: { code: 'INVALID_REQUEST', place: 'querystring.phase' },
    });
  });

  test('one open shows what its workflow waits for', async () => {
    const digest = await insertArtifact('team/open');
    gateway.answers.set('workflows.describe', {
      status: 'RUNNING',
      pending: [{ activity: 'inspect', attempt: 3, lastFailure: 'registry away', nextTryAt: '2026-01-01T00:00:00Z' }],
    });
    const response = await get(`/artifact?ref=${digest}`);
    gateway.answers.delete('workflows.describe');
    expect(response.json()).toMatchObject({
      pipeline: {
        workflowId: `artifact/team/open@${digest}`,
        status: 'RUNNING',
        pending: [{ activity: 'inspect', attempt: 3, lastFailure: 'registry away' }],
      },
      generation: { number: 1, state: 'pending', cause: 'push' },
    });
    expect(gateway.calls.at(-1)).toEqual({ port: 'workflows.describe', request: `artifact/team/open@${digest}` });
  });

  test('a promotion that is on its way shows what its workflow waits for; one that waits says so itself', async () => {
    const digest = await insertArtifact('team/carried');
    const id = `promotion/dev/team/carried@${digest}`;
    const row = { repository: 'team/carried', digest, generation: 1, build_order: 1, requested_by: 'system' };
    const common = { verdict: null, decision_digest: null, lease_expires_at: null, trace: null, tag: '1.0' };
    await gateway.db
      .insertInto('promotion')
      .values([
        { ...row, ...common, environment: 'dev', state: 'reserved' },
        { ...row, ...common, environment: 'prod', state: 'waiting' },
      ])
      .execute();
    const pending = [{ activity: 'admit', attempt: 3, lastFailure: 'the key is stopped' }];
    gateway.answers.set('workflows.describe', { status: 'RUNNING', pending });
    const one = await get(`/promotion?id=${encodeURIComponent(id)}`);
    const artifact = await get(`/artifact?ref=${digest}`);
    gateway.answers.delete('workflows.describe');
    const run = { workflowId: id, status: 'RUNNING', pending };
    expect(one.json()).toMatchObject({ state: 'reserved', run });
    expect(artifact.json<{ promotions: { environment: string }[] }>().promotions).toEqual([
      expect.objectContaining({ environment: 'dev', run }),
      expect.objectContaining({ environment: 'prod', run: null }),
    ]);
  });

  test('evidence that was rejected says by which rule, and why', async () => {
    const digest = await insertArtifact('team/forged');
    const rejection = { code: 'SIGNER_UNKNOWN', reason: 'no trusted key made this signature' };
    const record = { verification: { outcome: 'rejected', ...rejection } };
    await gateway.db
      .insertInto('evidence')
      .values({
        ...{ repository: 'team/forged', manifest: newDigest(), subject: digest, bundle: newDigest() },
        ...{ predicate_type: 'https://slsa.dev/provenance/v1', origin: 'foreign', outcome: 'rejected', identity: null },
        record: JSON.stringify(record),
      })
      .execute();
    const { evidence } = (await get(`/artifact?ref=${digest}`)).json<{ evidence: object[] }>();
    expect(evidence).toMatchObject([{ outcome: 'rejected', rejection }]);
  });

  test('who asks for a package that nothing ever had is told so, and what is called nearly so', async () => {
    await createPolicyStore(gateway.db).activate(policyText(1), 'policy.yaml', 'test');
    await gateway.db
      .insertInto('component')
      .values({
        ...{ purl: 'pkg:npm/lodash@4.17.20', ecosystem: 'npm', name: 'lodash', version: '4.17.20' },
        ...{ advisory_name: 'lodash', release: null },
      })
      .execute();
    const ask = async (purl: string) => (await get(`/affected?query=${encodeURIComponent(purl)}`)).json<object>();
    const [unseen, other] = [{ purl: 'pkg:npm/lodahs', nearest: 'pkg:npm/lodash' }, await ask('pkg:npm/lodash@<1')];
    expect(await ask('pkg:npm/lodahs')).toMatchObject({ items: [], unseen: [unseen] });
    expect(await ask('pkg:npm/lodahs@<5')).toMatchObject({ items: [], unseen: [unseen] });
    expect(await ask('pkg:npm/left-pad')).toMatchObject({ unseen: [{ purl: 'pkg:npm/left-pad', nearest: null }] });
    expect(other).toMatchObject({ items: [], unseen: [] });
  });

  test('findings of an artifact that was never scanned are an empty list; a cursor that is no place in it is refused', async () => {
    const digest = await insertArtifact(`found/${randomBytes(4).toString('hex')}`);
    expect((await get(`/artifact/findings?ref=${digest}`)).json()).toEqual({ items: [], next: null });
    const cursor = (place: string) => Buffer.from(JSON.stringify([place])).toString('base64url');
    expect((await get(`/artifact/findings?ref=${digest}&cursor=${cursor('50')}`)).json()).toMatchObject({ items: [] });
    for (const place of ['x', '-1', '1e9', '99999999'])
      expect((await get(`/artifact/findings?ref=${digest}&cursor=${cursor(place)}`)).json()).toMatchObject({
        error: { code: 'INVALID_REQUEST', place: 'querystring.cursor' },
      });
  });

  test('the timeline joins what came in and what was done, in order', async () => {
    const repository = `timed/${randomBytes(4).toString('hex')}`;
    const digest = await insertArtifact(repository);
    const subject = `${repository}@${digest}`;
    await gateway.db
      .insertInto('intake')
      .values({
        event_id: `e-${digest}`,
        source: '/registries/r',
        type: 'artifact-pushed',
        subject,
        generation: 1,
        outcome: 'started',
        tag: '1.0',
        trace: null,
        occurred_at: '2026-01-01T00:00:00Z',
      })
      .execute();
    for (const type of ['artifact.received', 'artifact.judged', 'promotion.live'])
      await appendOutbox(gateway.db, { subject, step: type, type, actor: 'system', data: { type } });
    const first = await get(`/timeline?ref=${digest}&limit=3`);
    const { items, next } = first.json<{ items: { type: string; sequence: number | null }[]; next: string }>();
    const rest = await get(`/timeline?ref=${digest}&cursor=${next}`);
    const all = [...items, ...rest.json<{ items: typeof items }>().items];
    expect(all.map(({ type, sequence }) => [type, sequence])).toEqual([
      ['artifact-pushed', null],
      ['artifact.received', 1],
      ['artifact.judged', 2],
      ['promotion.live', 3],
    ]);
  });

  test('the timeline has what happened to the incidents that selected it, and to no others', async () => {
    const repository = `held/${randomBytes(4).toString('hex')}`;
    const digest = await insertArtifact(repository);
    const [its, other] = [`inc-${repository}`, `inc-other-${repository}`];
    for (const id of [its, other]) {
      await gateway.db
        .insertInto('incident')
        .values({ id, selector: JSON.stringify({ kind: 'digest', value: digest }), reason: 'leaked', opened_by: 'ann' })
        .execute();
      const event = { step: 'opened', type: 'incident.opened', actor: 'ann', data: { incident: id } };
      await appendOutbox(gateway.db, { subject: `incident/${id}`, ...event });
    }
    await gateway.db.insertInto('incident_subject').values({ incident: its, digest, relation: 'selected' }).execute();
    const { items } = (await get(`/timeline?ref=${digest}`)).json<{ items: { data: object }[] }>();
    expect(items.map(({ data }) => data)).toEqual([{ incident: its }]);
  });
});
