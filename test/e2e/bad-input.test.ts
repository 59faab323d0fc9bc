/** What outsiders send that is wrong: refused with the place, or recorded as unknown with the reason; never lost, never clean. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Digest, digestHex } from '../../domain/artifact/digest.ts';
import { encodeIntakeEvent } from '../../domain/events/encode-intake-event.ts';
import { topics } from '../../domain/events/topics.ts';
import { runCli } from '../../services/cli/run-cli.ts';
import { digestOf, manifestBytes, type TestImage } from '../images.ts';
import type { ApiClient } from './api-client.ts';
import { bomb, climbingPath, imageWith, truncatedGzip, unknownLayerType } from './broken-images.ts';
import { pushEvent, sendWebhook } from './distribution-webhook.ts';
import { enforcing } from './policies.ts';
import { eventually, type Pratique, pushTagged, smallImage, startPratique } from './stack.ts';

let pratique: Pratique;
let kafka: Kafka;
let operator: ApiClient;
beforeAll(async () => {
  pratique = await startPratique(enforcing);
  kafka = new Kafka({
    clientId: 'bad-input',
    brokers: [pratique.record.connection.kafkaBrokers],
    logLevel: logLevel.NOTHING,
  });
  operator = await pratique.as('olga', 'operator');
});
afterAll(() => pratique?.close());

const judged = (repository: string, digest: Digest, generation = 1) =>
  eventually(`${repository}@${digest} to be judged`, async () => {
    const { status, body } = await pratique.admin.get('/api/v1/artifact', { ref: `${repository}@${digest}` });
    return status === 200 && body.artifact.generation >= generation && body.generation?.state === 'closed'
      ? body
      : undefined;
  });

async function counted(outcome: string): Promise<number> {
  const port = pratique.record.parts.find(({ name }) => name === 'gateway')?.ports.admin;
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const line = text
    .split('\n')
    .find((each) => each.startsWith('pratique_webhook_calls_total{') && each.includes(`outcome="${outcome}"`));
  return Number(line?.split(' ')[1] ?? 0);
}

describe('a webhook call', () => {
  it.each([
    ['without a secret', undefined],
    ['with a wrong secret', 'Bearer 0123456789abcdef0123456789abcdef'],
    ['with another scheme', 'Basic cHJhdGlxdWU6cHJhdGlxdWU='],
  ])('%s is 401, and counted', async (_, authorization) => {
    const before = await counted('unauthorized');
    const response = await sendWebhook(pratique, '{"events":[]}', { authorization: authorization ?? '' });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    expect(await counted('unauthorized')).toBe(before + 1);
  });

  it.each([
    ['no JSON', '{"events": [', {}, 400, '$'],
    ['no list of events', '{"events": 7}', {}, 400, '$.events'],
    ['a media type that is none of its', '{"events":[]}', { 'content-type': 'text/xml' }, 415, 'content-type'],
    ['more than 1 MiB', JSON.stringify({ events: ['x'.repeat(1024 * 1024)] }), {}, 413, undefined],
  ])('with %s is refused with the place', async (_, body, headers, status, place) => {
    const before = await counted('malformed');
    const response = await sendWebhook(pratique, body, headers);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { code: string; message: string; place?: string } };
    expect(error.code).toMatch(/^[A-Z_]+$/);
    if (place !== undefined) expect(error.place).toBe(place);
    expect(await counted('malformed')).toBe(before + 1);
  });
});

describe('a record that can not be handled', () => {
  const deadLetter = (
    match: (letter: { code: string; reason: string; replayedBy: string | null; id: number }) => boolean,
  ) =>
    eventually('the dead letter', async () => {
      const { body } = await operator.get('/api/v1/dead-letters');
      return body.items.find(match);
    });

  async function produce(topic: string, key: string, value: string | Buffer): Promise<void> {
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await producer.send({ topic, messages: [{ key, value }] });
    await producer.disconnect();
  }

  async function deadLetterRecord(key: string): Promise<Record<string, string>> {
    const consumer = kafka.consumer({ groupId: `look-${randomBytes(4).toString('hex')}` });
    await consumer.connect();
    await consumer.subscribe({ topics: [topics.deadLetters], fromBeginning: true });
    try {
      return await new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error(`no dead letter with key ${key} in its topic`)), 60_000).unref();
        void consumer.run({
          eachMessage: async ({ message }) => {
            if (message.key?.toString() === key)
              resolve(
                Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)])),
              );
          },
        });
      });
    } finally {
      await consumer.disconnect();
    }
  }

  it.each([
    ['no JSON', topics.events, 'not json', 'EVENT_NOT_JSON'],
    ['no event', topics.urgent, '{"specversion":"1.0"}', 'EVENT_FIELD_INVALID'],
  ])('%s: in the dead-letter topic with the reason, and listed', async (_, topic, value, code) => {
    const key = `garbage ${randomBytes(4).toString('hex')}`;
    await produce(topic, key, value);
    const letter = await deadLetter((found) => found.code === code);
    expect(letter).toMatchObject({ topic, reason: expect.stringMatching(/^\$/) });
    expect(await deadLetterRecord(key)).toMatchObject({ 'dead-letter-topic': topic, 'dead-letter-code': code });
  });

  it('an event of a call that is not of its form keeps nothing back that comes with it, and is listed with the place', async () => {
    const repository = 'shop/beside';
    const image = await smallImage('beside');
    await pushTagged(pratique.registry, repository, image, '1.0');
    const bad = { ...pushEvent(repository, image.top.digest), timestamp: 'noon' };
    const good = pushEvent(repository, image.top.digest, 'latest');
    const response = await sendWebhook(pratique, JSON.stringify({ events: [bad, good] }));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 1, skipped: {}, unread: 1 });
    const letter = await deadLetter(({ reason }) => reason.startsWith('$.events[0].timestamp:'));
    expect(letter).toMatchObject({ topic: topics.events, code: 'EVENT_FIELD_INVALID' });
    expect(letter?.reason).not.toContain('noon');
    await judged(repository, image.top.digest);
  });

  it('an accepted event with a value the database can not hold does not stop those behind it', async () => {
    const repository = 'shop/behind';
    const image = await smallImage('behind');
    const event = { ...pushEvent(repository, image.top.digest), id: 'nul \u0000 character' };
    expect((await sendWebhook(pratique, JSON.stringify({ events: [event] }))).status).toBe(202);
    await pushTagged(pratique.registry, repository, image, '1.0');
    await judged(repository, image.top.digest);
    expect(await deadLetter(({ code }) => code === 'EVENT_NOT_STORABLE')).toMatchObject({ topic: topics.events });
  });

  it('is brought back by event replay: to a pipeline where it can be read now, else to the dead letters again', async () => {
    const repository = 'shop/replayed';
    const image = await smallImage('replayed');
    const { connection } = pratique.record;
    const event = encodeIntakeEvent(
      {
        kind: 'artifact-pushed',
        id: 'written by a later release',
        source: '/registries/test',
        occurredAt: '2026-01-02T03:04:05Z',
        repository,
        digest: image.top.digest,
        mediaType: image.top.mediaType,
        tag: '1.0',
      },
      connection.registry,
    );
    // As an older release leaves it behind that could not read it: undecodable to that one, valid to this.
    const [row] = await pratique.query<{ id: number }>(
      `insert into dead_letter (topic, partition, record_offset, record_key, record_value, code, reason)
       values ($1, 0, 1000000, $2, $3, 'EVENT_TYPE_UNKNOWN', '$.type: not known to 0.0.1') returning id`,
      [topics.events, `${repository}@${image.top.digest}`, Buffer.from(JSON.stringify(event))],
    );
    for (const [digest, bytes] of image.blobs)
      if (digest !== image.top.digest)
        await pratique.registry.putBlob(repository, { digest, size: bytes.length }, bytes);
    let err = '';
    const exit = await runCli(['event', 'replay', String(row?.id)], {
      out: { write: () => true },
      err: { write: (text) => (err += text) },
      in: Readable.from([]),
      env: { PRATIQUE_URL: connection.gatewayUrl, PRATIQUE_TOKEN: operator.token },
      cwd: '/',
      signal: AbortSignal.timeout(30_000),
    });
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    await eventually('the event to be recorded', async () => {
      const { body } = await operator.get('/api/v1/events', { subject: `${repository}@${image.top.digest}` });
      return body.items.find((item: { outcome: string }) => item.outcome === 'started');
    });
    expect(await deadLetter(({ id }) => id === Number(row?.id))).toMatchObject({ replayedBy: 'olga' });

    const garbage = await deadLetter(({ code, replayedBy }) => code === 'EVENT_NOT_JSON' && replayedBy === null);
    expect((await operator.post(`/api/v1/dead-letters/${garbage.id}/replay`, {})).status).toBe(202);
    await deadLetter(({ code, id }) => code === 'EVENT_NOT_JSON' && id > Number(garbage.id));
  });
});

describe('an artifact that can not be read', () => {
  it('is unknown where the registry never shows it', async () => {
    const repository = 'shop/ghost';
    const digest = digestOf(randomBytes(16));
    const body = JSON.stringify({ events: [pushEvent(repository, digest)] });
    expect((await sendWebhook(pratique, body)).status).toBe(202);
    const open = await eventually('the pipeline to wait', async () => {
      const { status, body: detail } = await operator.get('/api/v1/artifact', { ref: `${repository}@${digest}` });
      return status === 200 && detail.generation?.claimedAt !== null ? detail : undefined;
    });
    expect(open.pipeline).toMatchObject({ status: 'RUNNING' });
    // Ten minutes of waiting, by moving the moment it began.
    await pratique.query("update generation set created_at = now() - interval '11 minutes' where digest = $1", [
      digest,
    ]);
    const detail = await judged(repository, digest);
    expect(detail.artifact).toMatchObject({ outcome: 'unknown', reason: expect.stringMatching(/did not have it/) });
    expect(detail.promotions).toEqual([]);
  });

  /** Other bytes under a blob's name, as a failing disk or an attacker leaves them. */
  async function corrupt(digest: Digest, bytes: Uint8Array): Promise<void> {
    const hex = digestHex(digest);
    const storage = join(pratique.stack.home.dataDir('registry'), 'storage/docker/registry/v2/blobs/sha256');
    await writeFile(join(storage, hex.slice(0, 2), hex, 'data'), bytes);
  }

  async function withCorruptLayer(): Promise<TestImage> {
    const image = imageWith({ bytes: randomBytes(2000) });
    const [layer] = [...image.blobs].filter(([, bytes]) => bytes.length === 2000);
    if (layer === undefined) throw new Error('the image has no layer');
    await pratique.registry.putBlob('shop/corrupt', { digest: layer[0], size: 2000 }, layer[1]);
    await corrupt(layer[0], new Uint8Array(2000));
    // The registry has the blob and does not look into it again.
    return { top: image.top, blobs: new Map([...image.blobs].filter(([digest]) => digest !== layer[0])) };
  }

  it.each([
    ['a layer with other bytes than its digest says', 'corrupt', withCorruptLayer, /digest|bytes/i],
    ['a truncated gzip stream', 'truncated', truncatedGzip, /truncated|ends|end of/i],
    ['a layer type nobody knows', 'unknown-type', unknownLayerType, /squashfs/],
    ['a path that climbs out', 'climbing', climbingPath, /\.\.|path/],
    ['a bomb', 'bomb', bomb, /expand|ratio|times/i],
  ])('%s leaves gates unknown with the reason, and enters nothing', async (_, name, make, reason) => {
    const repository = `shop/${name}`;
    const image = await make();
    const digest = await pratique.builder.push(pratique.registry, repository, image, '1.0');
    const { artifact, verdicts, platforms } = await judged(repository, digest);
    const gates = verdicts.find((verdict: { environment: string }) => verdict.environment === 'dev').gates;
    const gate = (wanted: string) => gates.find(({ gate: found }: { gate: string }) => found === wanted);
    // Where it came from is known and trusted; what is in it is not.
    expect(gate('provenance')).toMatchObject({ verdict: 'pass' });
    for (const wanted of ['sbom', 'vulnerabilities']) {
      expect(gate(wanted)).toMatchObject({ verdict: 'unknown' });
      expect([gate(wanted).reason, ...gate(wanted).details].join('\n')).toMatch(reason);
    }
    expect(platforms).toMatchObject([{ complete: false }]);
    expect(artifact).toMatchObject({ outcome: 'judged', reason: expect.stringMatching(/dev: unknown/) });
    const denied = await eventually('the denial', async () => {
      const { body } = await operator.get('/api/v1/promotion', { id: `promotion/dev/${repository}@${digest}` });
      return body.state === 'denied' ? body : undefined;
    });
    expect(denied.reason).toMatch(/sbom|vulnerabilities|contents|stock/);
    expect(await pratique.registry.resolve(`dev/${repository}`, digest)).toBeUndefined();
  });

  async function withCorruptManifest(repository: string, bytes: (image: TestImage) => Uint8Array): Promise<Digest> {
    const image = await smallImage(repository);
    const digest = await pushTagged(pratique.registry, repository, image, '1.0');
    await judged(repository, digest);
    await corrupt(digest, bytes(image));
    const again = JSON.stringify({ events: [pushEvent(repository, digest)] });
    expect((await sendWebhook(pratique, again)).status).toBe(202);
    return digest;
  }

  it('a manifest with other bytes than its digest says ends its pipeline as unknown, with the reason', async () => {
    const swapped = (image: TestImage) =>
      new TextEncoder().encode(new TextDecoder().decode(manifestBytes(image)).replace('"size":', '"Size":1,"size":'));
    const digest = await withCorruptManifest('shop/swapped', swapped);
    const { artifact } = await judged('shop/swapped', digest, 2);
    expect(artifact).toMatchObject({ outcome: 'unknown', reason: expect.stringMatching(/other bytes|not a manifest/) });
  });

  it('a manifest at which the registry itself fails says so and when it is tried next, and holds up nobody', async () => {
    const repository = 'shop/broken';
    const digest = await withCorruptManifest(repository, ({ top }) => new Uint8Array(top.size));
    await eventually('the reason', async () => {
      const { body } = await operator.get('/api/v1/artifact', { ref: `${repository}@${digest}` });
      return body.artifact.generation === 2 && /open: .*next try at/.test(body.artifact.reason) ? true : undefined;
    });
    // Every partition has records behind it.
    const others: Digest[] = [];
    // One after the other: this registry truncates a blob's link before it writes it again, and they share a layer.
    for (let index = 0; index < 12; index += 1)
      others.push(
        await pushTagged(pratique.registry, 'shop/behind-broken', await smallImage(`behind ${index}`), `v${index}`),
      );
    await Promise.all(others.map((other) => judged('shop/behind-broken', other)));
  });
});
