import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendOutbox } from '../../../adapters/postgres/outbox.ts';
import type { Role } from '../../../domain/identity/role.ts';
import { type GatewayFixture, REGISTRY, startGateway } from './gateway-fixture.ts';

let gateway: GatewayFixture;
const tokens = {} as Record<Role, string>;
beforeAll(async () => {
  gateway = await startGateway();
  for (const role of ['viewer', 'approver', 'responder', 'operator', 'admin'] as const)
    tokens[role] = await gateway.token(role, { groups: ['security'] });
});
afterAll(() => gateway.close());

const get = (path: string, role: Role = 'viewer') =>
  gateway.app.inject({ url: `/api/v1${path}`, headers: { authorization: `Bearer ${tokens[role]}` } });
const send = (method: 'POST' | 'DELETE', path: string, role: Role, body?: object) =>
  gateway.app.inject({
    method,
    url: `/api/v1${path}`,
    headers: {
      authorization: `Bearer ${tokens[role]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
const post = (path: string, role: Role, body?: object) => send('POST', path, role, body);
const newDigest = () => `sha256:${randomBytes(32).toString('hex')}`;

async function insertArtifact(repository: string, digest = newDigest(), tag?: string): Promise<string> {
  const { db } = gateway;
  await db
    .insertInto('artifact')
    .values({ repository, digest, media_type: null, size: null, kind: 'image', outcome: null, generation: 1 })
    .execute();
  await db
    .insertInto('generation')
    .values({ repository, digest, generation: 1, cause: 'push', run_id: null, trace: null, outcome: null })
    .execute();
  if (tag !== undefined)
    await db
      .insertInto('tag')
      .values({ repository, tag, digest, event_id: 'e' })
      .onConflict((conflict) => conflict.columns(['repository', 'tag']).doUpdateSet({ digest }))
      .execute();
  return digest;
}

describe('tokens', () => {
  test('only a hash is kept, and the secret opens the API', async () => {
    const created = await post('/tokens', 'admin', { subject: 'bob', name: 'laptop', role: 'viewer' });
    expect(created.statusCode).toBe(201);
    const { id, token } = created.json<{ id: string; token: string }>();
    const [, tokenId, secret = ''] = /^prq_([0-9a-f]{16})_([\w-]{43})$/.exec(token) ?? [];
    expect(tokenId).toBe(id);
    const row = await gateway.db.selectFrom('api_token').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(secret);
    expect(row).toMatchObject({ hash: createHash('sha256').update(secret).digest('hex'), created_by: 'admin@test' });

    const use = () => gateway.app.inject({ url: '/api/v1/status', headers: { authorization: `Bearer ${token}` } });
    expect((await use()).statusCode).toBe(200);
    const used = await gateway.db
      .selectFrom('api_token')
      .select('last_used_at')
      .where('id', '=', id)
      .executeTakeFirst();
    expect(used?.last_used_at).toBeInstanceOf(Date);

    expect((await send('DELETE', `/tokens/${id}`, 'admin')).statusCode).toBe(200);
    expect((await use()).statusCode).toBe(401);
    expect((await send('DELETE', `/tokens/${id}`, 'admin')).statusCode).toBe(404);
    const listed = await get('/tokens', 'admin');
    expect(listed.body).not.toContain('hash');
    expect(listed.json<{ items: object[] }>().items).toContainEqual(
      expect.objectContaining({ id, revokedBy: 'admin@test' }),
    );
  });

  test.each([
    ['another secret of a real id', (token: string) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`],
    ['no token at all', () => ''],
    ['text that is none', () => 'prq_zz'],
  ])('%s is 401', async (_, change) => {
    const response = await gateway.app.inject({
      url: '/api/v1/status',
      headers: { authorization: `Bearer ${change(tokens.viewer)}` },
    });
    expect(response.statusCode).toBe(401);
  });

  test('an expired token is 401', async () => {
    const token = await gateway.token('viewer', { expiresAt: new Date(Date.now() - 1000) });
    const response = await gateway.app.inject({ url: '/api/v1/status', headers: { authorization: `Bearer ${token}` } });
    expect(response.statusCode).toBe(401);
  });

  test.each([
    ['POST', '/promotions', 'viewer'],
    ['POST', '/promotions/approve', 'operator'],
    ['POST', '/incidents', 'viewer'],
    ['POST', '/releases/x/approve', 'responder'],
    ['POST', '/reconcile', 'viewer'],
    ['GET', '/dead-letters', 'viewer'],
    ['GET', '/tokens', 'operator'],
    ['DELETE', '/tokens/0123456789abcdef', 'operator'],
  ] as const)('%s %s is 403 for %s', async (method, path, role) => {
    const response = method === 'GET' ? await get(path, role) : await send(method, path, role);
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({ error: { code: 'FORBIDDEN', hint: expect.stringContaining('one of') } });
  });
});

describe('what no query can take', () => {
  test.each(['artifacts', 'incidents', 'releases', 'histories', 'decisions', 'keys/uses', 'promotions'])(
    'a made-up cursor of /%s is 400',
    async (list) => {
      for (let elements = 1; elements <= 6; elements += 1) {
        const cursor = Buffer.from(JSON.stringify(Array(elements).fill('x\0'))).toString('base64url');
        const answer = await get(`/${list}?cursor=${cursor}`, 'admin');
        expect(answer.json()).toMatchObject({ error: { code: 'INVALID_REQUEST', place: 'querystring.cursor' } });
      }
    },
  );

  test.each(['/artifacts?repository=%00', '/decisions?advisory=%00', '/histories?kind=%00'])(
    'a NUL in %s is 400',
    async (path) => {
      expect((await get(path, 'admin')).json()).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    },
  );

  test('a NUL in a reason is 400, and says where', async () => {
    const answer = await post('/promotions/reject', 'approver', { promotion: 'promotion/prod/a@b', reason: 'a\0b' });
    expect(answer.json()).toMatchObject({ error: { code: 'INVALID_REQUEST', place: 'body.reason' } });
  });
});

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
    const missing = await get(`/artifact?ref=${repository}:2.0`);
    expect(missing.statusCode).toBe(404);
    const elsewhere = await get(`/artifact?ref=${encodeURIComponent(`ghcr.io/${repository}:1.0`)}`);
    expect(elsewhere.statusCode).toBe(400);
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
});

describe('what people do', () => {
  test('an approval carries who the token says it is, never what the caller sends', async () => {
    const digest = newDigest();
    const promotion = `promotion/prod/team/app@${digest}`;
    const decision = newDigest();
    const response = await post('/promotions/approve', 'approver', { promotion, reason: 'reviewed', decision });
    expect(response.json()).toEqual({ outcome: 'counted', state: 'waiting', reason: 'one more approval' });
    expect(gateway.calls.at(-1)).toEqual({
      port: 'promotions.decide',
      request: {
        environment: 'prod',
        key: { repository: 'team/app', digest },
        verb: 'approve',
        reason: 'reviewed',
        decision,
        decider: { principal: 'approver@test', groups: ['security'] },
      },
    });
    const forged = await post('/promotions/approve', 'approver', {
      promotion,
      reason: 'x',
      decision,
      decider: { principal: 'root' },
    });
    expect(forged.statusCode).toBe(400);
  });

  test('nobody approves what they did not see; a rejection needs no more than a reason', async () => {
    const promotion = `promotion/prod/team/app@${newDigest()}`;
    const blind = await post('/promotions/approve', 'approver', { promotion, reason: 'reviewed' });
    expect(blind.statusCode).toBe(400);
    expect(blind.json()).toMatchObject({
      error: { code: 'INVALID_REQUEST', message: expect.stringContaining('decision') },
    });
    const decision = newDigest();
    gateway.answers.set('promotions.decide', {
      outcome: 'changed',
      reason: 'the policy was version 3, and is version 4',
      decision,
    });
    const late = await post('/promotions/approve', 'approver', { promotion, reason: 'x', decision: newDigest() });
    gateway.answers.delete('promotions.decide');
    expect(late.statusCode).toBe(409);
    expect(late.json()).toEqual({
      error: {
        code: 'DECISION_CHANGED',
        message: 'what you saw is not what is decided now: the policy was version 3, and is version 4',
        hint: `look at it, then approve ${decision}`,
        place: 'decision',
      },
    });
    expect((await post('/promotions/reject', 'approver', { promotion, reason: 'no' })).statusCode).toBe(200);
  });

  test('a promotion is asked for by reference; a refusal is 409 with the reason', async () => {
    const digest = await insertArtifact('team/asked', newDigest(), '3.1');
    const asked = await post('/promotions', 'operator', { ref: 'team/asked:3.1', environment: 'dev' });
    expect(asked.statusCode).toBe(202);
    expect(gateway.calls.at(-1)?.request).toEqual({
      key: { repository: 'team/asked', digest },
      environment: 'dev',
      tag: '3.1',
      rollback: false,
      actor: 'operator@test',
    });
    gateway.answers.set('promotions.request', { outcome: 'refused', reason: 'quarantined' });
    const refused = await post('/promotions', 'operator', { ref: digest, environment: 'dev' });
    gateway.answers.delete('promotions.request');
    expect(refused.statusCode).toBe(409);
    expect(refused.json()).toMatchObject({ error: { code: 'REFUSED', message: 'quarantined' } });
  });

  test('an incident needs a selector that can be read; a dry run opens nothing', async () => {
    const bad = await post('/incidents', 'responder', { selector: 'bilder:ci', reason: 'leaked key' });
    expect(bad.json()).toMatchObject({ error: { code: 'SELECTOR_UNKNOWN_KIND' } });
    const before = gateway.calls.length;
    const dry = await post('/incidents', 'responder', { selector: 'builder:ci', reason: 'leaked key', dryRun: true });
    expect(dry.json()).toEqual({ dryRun: true, subjects: [], shared: [] });
    const opened = await post('/incidents', 'responder', { selector: 'builder:ci', reason: 'leaked key' });
    expect(opened.statusCode).toBe(201);
    expect(gateway.calls.slice(before)).toEqual([
      { port: 'incidents.preview', request: { kind: 'builder', value: 'ci' } },
      {
        port: 'incidents.open',
        request: { selector: { kind: 'builder', value: 'ci' }, reason: 'leaked key', actor: 'responder@test' },
      },
    ]);
  });

  test('a release of a digest that was never pushed can be asked for', async () => {
    const digest = newDigest();
    const asked = await post('/releases', 'responder', { ref: digest, reason: 'rebuilt identically' });
    expect([asked.statusCode, asked.json()]).toEqual([202, { outcome: 'waiting', request: 'rel-1' }]);
    const decided = await post('/releases/rel-1/approve', 'approver', { reason: 'agreed' });
    expect(decided.json()).toEqual({ outcome: 'released', incidents: ['inc-1'], repositories: ['a'] });
  });

  test('a rejection of a release is an answer, not an error', async () => {
    const said = { outcome: 'rejected', request: 'rel-1', reason: 'rejected by approver@test: it differs' };
    gateway.answers.set('incidents.decideRelease', said);
    const decided = await post('/releases/rel-1/reject', 'approver', { reason: 'it differs' });
    gateway.answers.delete('incidents.decideRelease');
    expect([decided.statusCode, decided.json()]).toEqual([200, said]);
  });

  test('releases are listed, those that wait alone too', async () => {
    const id = `inc-${randomBytes(4).toString('hex')}`;
    const digest = await insertArtifact('team/held');
    await gateway.db
      .insertInto('incident')
      .values({ id, selector: '{"kind":"digest","value":"x"}', reason: 'r', opened_by: 'me', closed_by: null })
      .execute();
    const ids = [`${id}-a`, `${id}-b`];
    const request = { incident: id, digest, requested_by: 'me', reason: 'clean', evidence: '{}' };
    await gateway.db
      .insertInto('release_request')
      .values([
        { ...request, id: `${id}-a`, state: 'rejected', decided_by: 'ben' },
        { ...request, id: `${id}-b`, decided_by: null },
      ])
      .execute();
    const list = async (query: string) => {
      const { items } = (await get(`/releases?${query}`)).json<{ items: { id: string; repositories: string[] }[] }>();
      return items.filter((item) => ids.includes(item.id));
    };
    expect((await list('limit=200')).map((item) => item.id)).toEqual(ids.toReversed());
    expect(await list('state=waiting')).toMatchObject([{ id: `${id}-b`, incident: id, repositories: ['team/held'] }]);
    const first = await get('/releases?limit=1');
    const { next } = first.json<{ next: string }>();
    expect((await list(`limit=1&cursor=${next}`)).map((item) => item.id)).toEqual([`${id}-a`]);
  });

  test('an incident shows its subjects and their states', async () => {
    const id = `inc-${randomBytes(4).toString('hex')}`;
    const digest = await insertArtifact('team/hit');
    await gateway.db
      .insertInto('incident')
      .values({ id, selector: '{"kind":"digest","value":"x"}', reason: 'r', opened_by: 'me', closed_by: null })
      .execute();
    await gateway.db.insertInto('incident_subject').values({ incident: id, digest, relation: 'selected' }).execute();
    const response = await get(`/incidents/${id}`);
    expect(response.json()).toMatchObject({
      id,
      subjects: { fenced: 1, removing: 0, confirmed: 0, released: 0 },
      subjectList: [{ digest, relation: 'selected', state: 'fenced', repositories: ['team/hit'] }],
    });
    const list = await get('/incidents?state=open');
    expect(list.json<{ items: { id: string }[] }>().items.map((item) => item.id)).toContain(id);
  });

  test('rebuilds and reconcile are handed over', async () => {
    const digest = await insertArtifact('team/rebuilt');
    const rebuilt = await post('/rebuilds', 'responder', { ref: digest, reason: 'builder compromised' });
    expect([rebuilt.statusCode, rebuilt.json()]).toEqual([202, { outcome: 'requested', rebuild: 'reb-1' }]);
    expect((await get('/rebuilds/none')).statusCode).toBe(404);
    const reconciled = await post('/reconcile', 'operator');
    expect(reconciled.json()).toEqual({ workflowId: 'reconcile' });
  });
});

describe('rotating a key', () => {
  const body = { key: 'evidence', reason: 'once a year' };

  test('is for administrators alone; anybody sees how far it is', async () => {
    await gateway.db.insertInto('own_key').values({ key_id: 'K', name: 'evidence', public_key: 'x' }).execute();
    for (const role of ['viewer', 'approver', 'responder', 'operator'] as const)
      expect((await post('/keys/rotations', role, body)).statusCode).toBe(403);
    expect(await gateway.db.selectFrom('key_rotation').select('id').execute()).toEqual([]);
    const asked = await post('/keys/rotations', 'admin', body);
    expect(asked.statusCode).toBe(202);
    expect((await get('/keys/rotations', 'viewer')).json()).toMatchObject({
      rotations: [{ id: asked.json<{ rotation: string }>().rotation, state: 'requested', requestedBy: 'admin@test' }],
    });
    expect((await get('/keys/uses', 'viewer')).json()).toEqual({ items: [], next: null, checkpoints: [] });
  });

  test.each([
    ['a key that is not there', { key: 'admission-nowhere' }, 409],
    ['a file as the new key', { reference: '/etc/passwd' }, 400],
    ['a module to be loaded', { reference: 'pkcs11:object=x?module-path=/tmp/evil.so' }, 400],
    ['an overlap that is no duration', { overlap: 'a while' }, 400],
  ])('with %s is refused', async (_, changes, status) => {
    expect((await post('/keys/rotations', 'admin', { ...body, ...changes })).statusCode).toBe(status);
  });
});

describe('feeds and policy', () => {
  test('advisories are read line by line, whatever the chunks', async () => {
    const lines = Array.from({ length: 1200 }, (_, i) => JSON.stringify(i === 7 ? { no: 'id' } : { id: `OSV-${i}` }));
    lines.splice(3, 0, JSON.stringify({ unreadable: { place: 'broken.json', reason: 'not a JSON document' } }));
    const response = await gateway.app.inject({
      method: 'POST',
      url: '/api/v1/advisories',
      headers: { authorization: `Bearer ${tokens.operator}`, 'content-type': 'application/x-ndjson' },
      payload: `${lines.join('\n')}\n`,
    });
    expect(response.json()).toMatchObject({
      stored: 1199,
      rejected: 2,
      firstRejected: [
        { line: 4, place: 'broken.json', reason: 'not a JSON document' },
        { line: 9, reason: 'id: missing' },
      ],
    });
    expect(gateway.calls.slice(-5).map(({ port, request }) => [port, request])).toEqual([
      ['advisories.begin', 'upload'],
      ['advisories.stage', 500],
      ['advisories.stage', 500],
      ['advisories.stage', 200],
      ['advisories.activate', 1],
    ]);
    const broken = await gateway.app.inject({
      method: 'POST',
      url: '/api/v1/advisories',
      headers: { authorization: `Bearer ${tokens.operator}`, 'content-type': 'application/x-ndjson' },
      payload: '{"id":"OSV-1"}\n{broken\n',
    });
    expect(broken.json()).toMatchObject({ error: { code: 'INVALID_REQUEST', place: 'line 2' } });
    expect(gateway.calls.at(-1)).toMatchObject({ port: 'advisories.fail' });
  });

  test('a policy that is wrong says where, and one in force can be read back', async () => {
    const apply = (text: string) =>
      gateway.app.inject({
        method: 'POST',
        url: '/api/v1/policies?fileName=team.yaml',
        headers: { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/yaml' },
        payload: text,
      });
    expect((await get('/policies/current')).statusCode).toBe(404);
    const text = [
      'apiVersion: pratique.dev/v1',
      'kind: Policy',
      'version: 1',
      'intake: { repositories: ["team/**"] }',
      'environments:',
      '  - name: dev',
      '    repository: dev/{repository}',
      '    gates: [{ gate: digest }]',
      '    approvals: { required: 2, groups: [security] }',
      '',
    ].join('\n');
    const wrong = await apply(text.replace('kind: Policy', 'kind: Polici'));
    expect(wrong.statusCode).toBe(422);
    expect(wrong.json()).toMatchObject({ error: { code: 'POLICY_SCHEMA', place: '2:7' } });
    expect((await apply(text)).json()).toMatchObject({ outcome: 'activated', version: 1 });
    const current = await get('/policies/current');
    expect(current.json()).toMatchObject({ version: 1, fileName: 'team.yaml', text, activatedBy: 'admin@test' });

    const digest = await insertArtifact('team/preview');
    const dry = await post('/promotions', 'operator', { ref: digest, environment: 'dev', dryRun: true });
    expect(dry.json()).toMatchObject({
      dryRun: true,
      wouldEnter: false,
      verdict: null,
      refusedBy: [],
      awaits: ['a verdict for dev', expect.stringContaining('2 approval(s) by security')],
    });
  });
});

describe('events and status', () => {
  test('a dead letter is listed without its body and goes back into its topic', async () => {
    const row = await gateway.db
      .insertInto('dead_letter')
      .values({
        topic: 'pratique.events',
        partition: 0,
        record_offset: Date.now(),
        record_key: Buffer.from('team/app@x'),
        record_value: Buffer.from('{"secret":"payload"}'),
        headers: '{}',
        code: 'EVENT_NOT_JSON',
        reason: '$: not JSON',
        replayed_by: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const listed = await get('/dead-letters', 'operator');
    expect(listed.body).not.toContain('payload');
    const replayed = await post(`/dead-letters/${row.id}/replay`, 'operator');
    expect([replayed.statusCode, replayed.json()]).toEqual([202, { id: row.id, topic: 'pratique.events' }]);
    const after = await get('/dead-letters', 'operator');
    expect(after.json<{ items: object[] }>().items).toContainEqual(
      expect.objectContaining({ id: row.id, replayedBy: 'operator@test', replayedAt: expect.any(String) }),
    );
    expect((await post('/dead-letters/999999/replay', 'operator')).statusCode).toBe(404);
  });

  test('status says what waits and for how long', async () => {
    await sql`update outbox set published_at = now()`.execute(gateway.db);
    await appendOutbox(gateway.db, { subject: 's', step: 'x', type: 'artifact.received', actor: 'a', data: {} });
    const response = await get('/status');
    expect(response.json()).toMatchObject({
      healthy: true,
      parts: { kafka: 'ok', postgres: 'ok', temporal: 'ok' },
      outbox: { waiting: 1, oldestSeconds: expect.any(Number) },
    });
    const { queues } = response.json<{ queues: { topic: string }[] }>();
    expect(queues.map(({ topic }) => topic)).toEqual(['pratique.events', 'pratique.events.urgent']);
  });

  test('every route of the API is in the OpenAPI document', async () => {
    const document = (await gateway.app.inject({ url: '/openapi.json' })).json<{
      openapi: string;
      paths: Record<string, object>;
    }>();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/hooks/distribution',
        '/events',
        '/healthz',
        '/api/v1/artifact',
        '/api/v1/incidents/{id}',
      ]),
    );
  });
});
