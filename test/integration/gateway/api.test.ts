import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { createEvidenceBook } from '../../../adapters/postgres/evidence-book.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { keyIdOf } from '../../../adapters/sigstore/key-id.ts';
import { parseDigest } from '../../../domain/artifact/digest.ts';
import { predicateTypes } from '../../../domain/trust/statement.ts';
import { policyText } from '../postgres/harbour.ts';
import { newDigest, startApi } from './api-fixture.ts';

const { gateway, get, post, insertArtifact } = await startApi();
afterAll(() => gateway.close());

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

  test('who approves what an incident ended is told of the incident', async () => {
    const key = { repository: 'team/app', digest: newDigest() };
    await gateway.db
      .insertInto('promotion')
      .values({
        ...{ environment: 'prod', ...key, generation: 1, build_order: 1, requested_by: 'system' },
        ...{ state: 'quarantined', reason: 'incident inc-7: its key leaked' },
        ...{ verdict: null, decision_digest: null, lease_expires_at: null, trace: null, tag: null },
      })
      .execute();
    gateway.answers.set('promotions.decide', { outcome: 'refused', reason: 'no such promotion is open' });
    const promotion = `promotion/prod/${key.repository}@${key.digest}`;
    const late = await post('/promotions/approve', 'approver', { promotion, reason: 'x', decision: newDigest() });
    gateway.answers.delete('promotions.decide');
    expect(late.json()).toMatchObject({
      error: {
        code: 'REFUSED',
        message: 'the promotion is quarantined (incident inc-7: its key leaked): there is nothing to decide',
      },
    });
  });

  test('a promotion is asked for by reference; a refusal is 409 with the reason', async () => {
    await createPolicyStore(gateway.db).activate(policyText(1), 'policy.yaml', 'test');
    const digest = await insertArtifact('team/asked', newDigest(), '3.1');
    const nowhere = await post('/promotions', 'operator', { ref: digest, environment: 'moon' });
    expect([nowhere.statusCode, nowhere.json()]).toMatchObject([404, { error: { place: 'environment' } }]);
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
    const { publicKey } = generateKeyPairSync('ed25519');
    const signer = { name: 'ci', publicKey: publicKey.export({ format: 'pem', type: 'spki' }) };
    const rest = `signers: ${JSON.stringify([signer])}
builders: [{ name: ci, id: 'https://ci.example.com', signer: ci, level: 1 }]
sources: [{ repository: team/rebuilt, git: 'https://git.example.com/rebuilt', builder: ci }]`;
    await createPolicyStore(gateway.db).activate(policyText(2, { rest }), 'policy.yaml', 'test');
    const digest = await insertArtifact('team/rebuilt');
    const ask = (ref: string, more: object = {}) =>
      post('/rebuilds', 'responder', { ref, reason: 'builder compromised', ...more });
    const early = await ask(digest);
    expect([early.statusCode, early.body]).toEqual([409, expect.stringContaining('from which commit it was built')]);
    await gateway.db
      .insertInto('artifact_fact')
      .values({ digest, kind: 'commit', value: 'a'.repeat(40) })
      .execute();
    const rebuilt = await ask(digest);
    expect([rebuilt.statusCode, rebuilt.json()]).toEqual([202, { outcome: 'requested', rebuild: 'reb-1' }]);
    expect((await ask(digest, { incident: 'inc-nosuch' })).statusCode).toBe(404);
    const elsewhere = await ask(await insertArtifact('team/sourceless'));
    expect([elsewhere.statusCode, elsewhere.body]).toEqual([
      409,
      expect.stringContaining('the policy names no source'),
    ]);
    expect((await get('/rebuilds/none')).statusCode).toBe(404);
    const reconciled = await post('/reconcile', 'operator');
    const runId = '0193772d-6b3c-7a51-8d2e-3f1c9a7d2b04';
    expect(reconciled.json()).toEqual({ workflowId: 'reconcile', runId, joined: false });
    expect(gateway.calls.at(-1)).toEqual({ port: 'reconcile.start', request: 'operator@test' });
    expect((await get(`/reconcile/${runId}`)).statusCode).toBe(404);
    const report = { repositories: 1, tags: 2, missed: ['team/app:1'] };
    gateway.answers.set('reconcile.read', { state: 'done', report });
    expect((await get(`/reconcile/${runId}`)).json()).toEqual({
      ...{ runId, state: 'done', failure: null },
      report: { ...report, more: 0 },
    });
  });
});

describe('revoking a key', () => {
  test('is answered with what is judged again, and listed with what relied on it', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const keyId = keyIdOf(publicKey);
    const policy = {
      ...{ apiVersion: 'pratique.dev/v1', kind: 'Policy', version: 3 },
      intake: { repositories: ['**'] },
      environments: [{ name: 'dev', repository: 'dev/{repository}', mode: 'audit', gates: [{ gate: 'digest' }] }],
      signers: [{ name: 'release', publicKey: publicKey.export({ format: 'pem', type: 'spki' }) }],
      builders: [],
    };
    await createPolicyStore(gateway.db).activate(JSON.stringify(policy), 'policy.yaml', 'the test');
    const digest = await insertArtifact('signed/shop');
    await createEvidenceBook(gateway.db).record('signed/shop', [
      {
        ...{ manifest: parseDigest(newDigest()), bundle: parseDigest(newDigest()), subject: parseDigest(digest) },
        ...{ predicateType: predicateTypes.cosignSignature, origin: 'foreign' },
        verification: { outcome: 'verified', identity: { kind: 'key', keyId } },
      },
    ]);
    const value = `key:${keyId}`;
    const revocation = { kind: 'signer', value: 'release', reason: 'laptop stolen' };
    const revoked = await post('/keys/revocations', 'responder', revocation);
    expect([revoked.statusCode, revoked.json()]).toEqual([
      200,
      { outcome: 'revoked', value, judgedAgain: [{ repository: 'signed/shop', digest }] },
    ]);
    const listed = await get('/keys', 'viewer');
    expect([listed.statusCode, listed.json()]).toMatchObject([
      200,
      {
        signers: [{ name: 'release', identity: value, state: 'revoked' }],
        revocations: [{ value, relied: 1, reverified: { waiting: 1 } }],
      },
    ]);
  });
});

describe('revoking an own key by its name', () => {
  test('is refused while a rotation has two of it count: which of them leaked is not said', async () => {
    const ids = ['old'.padEnd(43, 'A'), 'new'.padEnd(43, 'A')];
    for (const [at, state] of (['retiring', 'trusted'] as const).entries())
      await gateway.db
        .insertInto('own_key')
        .values({ key_id: ids[at] ?? '', name: 'admission-prod', public_key: 'x', state })
        .execute();
    const refused = await post('/keys/revocations', 'responder', { value: 'admission-prod', reason: 'leaked' });
    expect([refused.statusCode, refused.json()]).toMatchObject([400, { error: { place: 'body.value' } }]);
    expect(refused.body).toContain(`key:${ids[1]} (trusted), key:${ids[0]} (retiring)`);
    const one = await post('/keys/revocations', 'responder', { value: `key:${ids[0]}`, reason: 'leaked' });
    expect([one.statusCode, one.json()]).toMatchObject([200, { outcome: 'revoked', value: `key:${ids[0]}` }]);
    const rest = await post('/keys/revocations', 'responder', { value: 'admission-prod', reason: 'leaked too' });
    expect([rest.statusCode, rest.json()]).toMatchObject([200, { outcome: 'revoked', value: `key:${ids[1]}` }]);
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
    ['a key that is not there', { key: 'admission-nowhere' }, 404],
    ['a file as the new key', { reference: '/etc/passwd' }, 400],
    ['a module to be loaded', { reference: 'pkcs11:object=x?module-path=/tmp/evil.so' }, 400],
    ['an overlap that is no duration', { overlap: 'a while' }, 400],
  ])('with %s is refused', async (_, changes, status) => {
    expect((await post('/keys/rotations', 'admin', { ...body, ...changes })).statusCode).toBe(status);
  });
});
