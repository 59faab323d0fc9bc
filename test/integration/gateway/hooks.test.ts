import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPushIntents } from '../../../adapters/postgres/push-intents.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { decodeIntakeEvent } from '../../../domain/events/decode-intake-event.ts';
import type { IntakeEvent } from '../../../domain/events/intake-event.ts';
import { topics } from '../../../domain/events/topics.ts';
import { infra } from '../../infra.ts';
import { type GatewayFixture, REGISTRY, startGateway, WEBHOOK_SECRET } from './gateway-fixture.ts';

const DISTRIBUTION = 'application/vnd.docker.distribution.events.v2+json';
const digest = () => `sha256:${randomBytes(32).toString('hex')}`;

function push(id: string, repository: string, pushed: string) {
  return {
    id,
    timestamp: '2026-01-02T03:04:05.678901234Z',
    action: 'push',
    target: {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: pushed,
      size: 500,
      length: 500,
      repository,
      url: `http://registry/v2/${repository}/manifests/${pushed}`,
      tag: '1.0',
    },
    request: { id: 'r', addr: '127.0.0.1', host: 'registry', method: 'PUT', useragent: 'x' },
    actor: { name: 'pusher' },
    source: { addr: 'registry', instanceID: 'i' },
  };
}

let gateway: GatewayFixture;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const call = (payload: string | Buffer, headers: Record<string, string> = {}) =>
  gateway.app.inject({
    method: 'POST',
    url: '/hooks/distribution',
    headers: { 'content-type': DISTRIBUTION, authorization: `Bearer ${WEBHOOK_SECRET}`, ...headers },
    payload,
  });

/** Every intake event in Kafka whose repository is `repository`, from the beginning of the topic. */
async function eventsOf(repository: string, count: number): Promise<{ event: IntakeEvent; key: string }[]> {
  const kafka = new Kafka({ clientId: 'look', brokers: infra().kafkaBrokers.split(','), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `look-${randomBytes(6).toString('hex')}` });
  const found: { event: IntakeEvent; key: string }[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topics.events], fromBeginning: true });
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        if (message.value === null || !message.key?.toString().startsWith(`${repository}@`)) return;
        found.push({ event: decodeIntakeEvent(message.value), key: message.key.toString() });
        if (found.length >= count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return found;
}

const outcomesOf = (repository: string) =>
  gateway.db.selectFrom('intake').select(['subject', 'outcome']).where('subject', 'like', `${repository}@%`).execute();

describe('POST /hooks/distribution', () => {
  test('a push that was planned is recorded when 202 comes back, and is not in Kafka; what came with it is', async () => {
    const repository = `team/app-${randomBytes(4).toString('hex')}`;
    const [ours, theirs] = [digest(), digest()];
    await createPushIntents(gateway.db)(repository, ours as Digest, '1.0');
    const events = [push(`ours-${ours}`, repository, ours), push(`theirs-${theirs}`, repository, theirs)];
    const response = await call(JSON.stringify({ events }));
    expect(response.json()).toEqual({ accepted: 2, skipped: {}, unread: 0 });
    expect(await outcomesOf(repository)).toEqual([{ subject: `${repository}@${ours}`, outcome: 'dropped' }]);
    expect((await eventsOf(repository, 1)).map(({ key }) => key)).toEqual([`${repository}@${theirs}`]);
  });

  test('where the database does not answer, planned pushes go to Kafka like all others', async () => {
    const away = await startGateway();
    const repository = `team/app-${randomBytes(4).toString('hex')}`;
    const pushed = digest();
    await createPushIntents(away.db)(repository, pushed as Digest, '1.0');
    await away.db.schema.alterTable('push_intent').renameTo('elsewhere').execute();
    const response = await away.app.inject({
      method: 'POST',
      url: '/hooks/distribution',
      headers: { 'content-type': DISTRIBUTION, authorization: `Bearer ${WEBHOOK_SECRET}` },
      payload: JSON.stringify({ events: [push(`away-${pushed}`, repository, pushed)] }),
    });
    expect(response.statusCode).toBe(202);
    expect((await eventsOf(repository, 1)).map(({ key }) => key)).toEqual([`${repository}@${pushed}`]);
    await away.close();
  });

  test('a push is in Kafka when 202 comes back, under a deterministic id and keyed by its subject', async () => {
    const repository = `team/app-${randomBytes(4).toString('hex')}`;
    const pushed = digest();
    const envelope = {
      events: [push('event-1', repository, pushed), { ...push('event-2', repository, pushed), action: 'pull' }],
    };
    const response = await call(JSON.stringify(envelope));
    expect(response.json()).toEqual({ accepted: 1, skipped: { pull: 1 }, unread: 0 });
    expect(response.statusCode).toBe(202);
    expect(await eventsOf(repository, 1)).toEqual([
      {
        key: `${repository}@${pushed}`,
        event: {
          kind: 'artifact-pushed',
          id: `distribution:${REGISTRY}:event-1`,
          source: `/registries/${REGISTRY}`,
          occurredAt: '2026-01-02T03:04:05.678901234Z',
          repository,
          digest: pushed,
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          tag: '1.0',
          actor: 'pusher',
        },
      },
    ]);
  });

  test.each([
    ['no secret', { authorization: '' }],
    ['a wrong secret', { authorization: `Bearer ${WEBHOOK_SECRET}x` }],
    ['another scheme', { authorization: `Basic ${WEBHOOK_SECRET}` }],
  ])('%s is 401', async (_, headers) => {
    const response = await call('{"events":[]}', headers);
    expect(response.statusCode).toBe(401);
    expect(response.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  });

  test.each([
    ['not JSON', '{"events":', 400, 'EVENT_NOT_JSON', '$'],
    ['another shape', '{"event":[]}', 400, 'EVENT_FIELD_INVALID', '$.events'],
    ['over 1 MiB', Buffer.alloc(1024 * 1024 + 1, ' '), 413, 'TOO_LARGE', '$'],
  ])('%s names the place', async (_, payload, status, code, place) => {
    const response = await call(payload);
    expect(response.json()).toMatchObject({ error: { code, place } });
    expect(response.statusCode).toBe(status);
  });

  test('another content type is 415', async () => {
    const response = await call('{"events":[]}', { 'content-type': 'application/json' });
    expect(response.statusCode).toBe(415);
    expect(response.json()).toMatchObject({ error: { code: 'UNSUPPORTED_MEDIA_TYPE', place: 'content-type' } });
  });

  test('with Kafka away it is 503 with Retry-After, within the deadline', async () => {
    const lonely = await startGateway({ kafkaBrokers: '127.0.0.1:9', deadlineMs: 1500 });
    try {
      const started = performance.now();
      const response = await lonely.app.inject({
        method: 'POST',
        url: '/hooks/distribution',
        headers: { 'content-type': DISTRIBUTION, authorization: `Bearer ${WEBHOOK_SECRET}` },
        payload: JSON.stringify({ events: [push('e', 'team/app', digest())] }),
      });
      expect(response.statusCode).toBe(503);
      expect(response.headers['retry-after']).toBe('2');
      expect(performance.now() - started).toBeLessThan(3000);
      const health = await lonely.app.inject({ url: '/healthz' });
      expect(health.statusCode).toBe(503);
      expect(health.json()).toMatchObject({ checks: { kafka: 'does not answer', postgres: 'ok' } });
    } finally {
      await lonely.close();
    }
  });
});

describe('POST /events', () => {
  const commit = 'c'.repeat(40);
  function build(repository: string, built: string, builder: string, id = 'build-7') {
    const name = repository.split('/').at(-1);
    return {
      specversion: '1.0',
      id,
      source: '/ci/builds/7',
      type: 'dev.cdevents.build.finished.0.3.0',
      time: '2026-01-02T03:04:05Z',
      datacontenttype: 'application/json',
      data: {
        context: {
          specversion: '0.5.1',
          id,
          source: '/ci',
          type: 'dev.cdevents.build.finished.0.3.0',
          timestamp: '2026-01-02T03:04:05Z',
        },
        subject: {
          id: 'build-7',
          content: {
            artifactId: `pkg:oci/${name}@${built.replace(':', '%3A')}?repository_url=${REGISTRY}/${repository}`,
          },
        },
        customData: {
          commit,
          sourceRepository: 'https://git.test/team/app',
          builder: { id: builder, host: 'host-1' },
          toolchain: { node: '24.1.0' },
        },
      },
    };
  }
  const speaksFor = { repositories: ['team/**'], builders: ['https://ci.test/*'] };
  const post = (token: string, event: unknown, headers: Record<string, string> = {}) =>
    gateway.app.inject({
      method: 'POST',
      url: '/events',
      headers: { 'content-type': 'application/cloudevents+json', authorization: `Bearer ${token}`, ...headers },
      payload: JSON.stringify(event),
    });

  test('structured and binary mode give the same event, under an id of its source', async () => {
    const token = await gateway.token('viewer', { subject: 'ci-1', speaksFor });
    const repository = `team/built-${randomBytes(4).toString('hex')}`;
    const built = digest();
    const event = build(repository, built, 'https://ci.test/builder');
    const structured = await post(token, event);
    expect(structured.statusCode).toBe(202);
    expect(structured.json()).toEqual({ id: 'source:ci-1:build-7' });
    const binary = await post(token, event.data, {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'build-7',
      'ce-source': event.source,
      'ce-type': event.type,
      'ce-time': event.time,
    });
    expect(binary.statusCode).toBe(202);
    const [first, second] = await eventsOf(repository, 2);
    expect(first?.event).toMatchObject({
      kind: 'build-finished',
      id: 'source:ci-1:build-7',
      source: '/sources/ci-1',
      digest: built,
      commit,
      builder: { id: 'https://ci.test/builder', host: 'host-1' },
    });
    expect(second).toEqual(first);
  });

  test('an id of any length that an id may have goes on under one that can be read back', async () => {
    const token = await gateway.token('viewer', { subject: 'ci-long', speaksFor });
    const repository = `team/built-${randomBytes(4).toString('hex')}`;
    const built = digest();
    for (const last of ['x', 'y']) {
      const long = build(repository, built, 'https://ci.test/builder', `${'x'.repeat(511)}${last}`);
      expect((await post(token, long)).statusCode).toBe(202);
    }
    const found = (await eventsOf(repository, 2)).map(({ event }) => event.id);
    expect(new Set(found).size).toBe(2);
    for (const id of found) expect(id).toMatch(/^source:ci-long:sha256:[0-9a-f]{64}$/);
  });

  test.each([
    ['the repository', 'other/app', 'https://ci.test/builder', '$.data.subject.content.artifactId'],
    ['the builder', 'team/app', 'https://elsewhere.test/builder', '$.data.customData.builder.id'],
  ])('a token that does not speak for %s gets 403 with the place', async (_, repository, builder, place) => {
    const response = await post(await gateway.token('operator', { speaksFor }), build(repository, digest(), builder));
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({ error: { code: 'FORBIDDEN', place } });
  });

  test.each([
    ['another type', { type: 'dev.cdevents.artifact.signed.0.2.0' }, 400, 'EVENT_TYPE_UNKNOWN', '$.type'],
    ['no id', { id: '' }, 400, 'EVENT_FIELD_INVALID', '$.id'],
  ])('%s is refused with the place', async (_, change, status, code, place) => {
    const event = { ...build('team/app', digest(), 'https://ci.test/b'), ...change };
    const response = await post(await gateway.token('viewer', { speaksFor }), event);
    expect(response.json()).toMatchObject({ error: { code, place } });
    expect(response.statusCode).toBe(status);
  });

  test('a registry that is not ours is refused', async () => {
    const event = build('team/app', digest(), 'https://ci.test/b');
    event.data.subject.content.artifactId = event.data.subject.content.artifactId.replace(REGISTRY, 'ghcr.io');
    const response = await post(await gateway.token('viewer', { speaksFor }), event);
    expect(response.json()).toMatchObject({ error: { code: 'EVENT_REGISTRY_UNKNOWN' } });
  });

  test('no token is 401, a batch is 415', async () => {
    expect((await post('prq_none', {})).statusCode).toBe(401);
    const token = await gateway.token('viewer', { speaksFor });
    const batch = await post(token, [], { 'content-type': 'application/cloudevents-batch+json' });
    expect(batch.statusCode).toBe(415);
  });
});
