import { sql } from 'kysely';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { appendOutbox } from '../../../adapters/postgres/outbox.ts';
import { comes } from '../../patience.ts';
import { startApi } from './api-fixture.ts';

const { gateway, tokens, get, post, insertArtifact } = await startApi();
afterAll(() => gateway.close());

const eventsOf = (subject: string) =>
  gateway.db.selectFrom('outbox').select(['type', 'actor', 'data']).where('subject', '=', subject).execute();

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

    const [activated] = await eventsOf('policy');
    const { version, digest: policyDigest } = current.json<{ version: number; digest: string }>();
    expect(activated).toMatchObject({
      ...{ type: 'policy.activated', actor: 'admin@test' },
      data: { version, digest: policyDigest, fileName: 'team.yaml', activatedBy: 'admin@test' },
    });

    const digest = await insertArtifact('team/preview');
    const dry = await post('/promotions', 'operator', { ref: digest, environment: 'dev', dryRun: true });
    expect(dry.json()).toMatchObject({
      dryRun: true,
      wouldEnter: false,
      verdict: null,
      refusedBy: [],
      awaits: [
        'no verdict for this environment yet',
        expect.stringContaining('waits for 2 more approvals from security'),
      ],
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
    expect(await eventsOf(`dead-letter/${row.id}`)).toMatchObject([
      { type: 'dead-letter.replayed', actor: 'operator@test', data: { id: row.id, code: 'EVENT_NOT_JSON' } },
    ]);
    expect((await post('/dead-letters/999999/replay', 'operator')).statusCode).toBe(404);
  });

  test('status says what waits and for how long', async () => {
    await sql`update outbox set published_at = now()`.execute(gateway.db);
    await appendOutbox(gateway.db, { subject: 's', step: 'x', type: 'artifact.received', actor: 'a', data: {} });
    // Until Kafka has somebody who keeps offsets, which it has not when it has just begun, nobody knows how many wait.
    const response = await vi.waitFor(async () => {
      const answer = await get('/status');
      expect(answer.json<{ queues: unknown }>().queues).not.toBeNull();
      return answer;
    }, comes);
    expect(response.json()).toMatchObject({
      healthy: true,
      parts: { kafka: 'ok', postgres: 'ok', temporal: 'ok' },
      outbox: { waiting: 1, oldestSeconds: expect.any(Number) },
    });
    expect(response.json()).toMatchObject({ reconcile: null });
    const report = { repositories: 2, tags: 61, missed: ['shop/web:1.0'] };
    const reported = { subject: 'reconcile', step: 'run/1', type: 'registry.reconciled', actor: 'olga' };
    await appendOutbox(gateway.db, { ...reported, data: report });
    expect((await get('/status')).json()).toMatchObject({ reconcile: { ...report, by: 'olga', more: 0 } });
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
