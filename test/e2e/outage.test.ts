/** Each server gone for a while under traffic: who can not be served is told when to come back, nothing is lost, all goes on by itself. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Digest } from '../../domain/artifact/digest.ts';
import { readSecret } from '../../infra/dev/secrets.ts';
import { readMetrics } from '../chaos/read-metrics.ts';
import { pushEvent, sendWebhook } from './distribution-webhook.ts';
import { findOtherLines } from './log-lines.ts';
import { auditing } from './policies.ts';
import { eventually, type Pratique, pushTagged, smallImage, startPratique } from './stack.ts';

let pratique: Pratique;
beforeAll(async () => {
  pratique = await startPratique(auditing);
});
afterAll(() => pratique?.close());

interface Sent {
  /** As the intake records it. */
  readonly id: string;
  readonly accepted: boolean;
  readonly status: number;
  readonly retryAfter: string | null;
}

const IMAGES = 4;
const CALL_EVERY_MS = 400;

/** Calls the webhook about images the registry holds, and again as a registry does, until each call was accepted once. */
function startTraffic(repository: string, digests: readonly Digest[]) {
  const sent: Sent[] = [];
  let isStopped = false;
  const running = (async () => {
    for (let turn = 0; !isStopped; turn += 1) {
      const digest = digests[turn % digests.length] as Digest;
      const event = pushEvent(repository, digest);
      for (;;) {
        const answer = await sendWebhook(pratique, JSON.stringify({ events: [event] })).catch(() => undefined);
        sent.push({
          id: `distribution:${pratique.record.connection.registry}:${event.id}`,
          accepted: answer?.status === 202,
          status: answer?.status ?? 0,
          retryAfter: answer?.headers.get('retry-after') ?? null,
        });
        await delay(CALL_EVERY_MS);
        if (answer?.status === 202) break;
      }
    }
  })();
  return {
    sent,
    async stop() {
      isStopped = true;
      await running;
    },
  };
}

/** Every accepted event has exactly one decision, and everything it was about ends judged and in prod. */
async function expectNothingLost(repository: string, digests: readonly Digest[], sent: readonly Sent[]) {
  const accepted = sent.filter((each) => each.accepted).map(({ id }) => id);
  expect(new Set(accepted).size).toBe(accepted.length);
  await eventually(
    `${accepted.length} decisions`,
    async () => {
      const rows = await pratique.query('select event_id from intake where event_id = any($1)', [accepted]);
      return rows.length === accepted.length ? true : undefined;
    },
    400_000,
  );
  await eventually(
    'everything to be judged and in prod',
    async () => {
      const open = await pratique.query("select 1 from generation where repository = $1 and state <> 'closed'", [
        repository,
      ]);
      const live = await Promise.all(
        digests.map((digest) => pratique.registry.resolve(`prod/${repository}`, digest).then(Boolean)),
      );
      return open.length === 0 && live.every(Boolean) ? true : undefined;
    },
    400_000,
  );
  const outcomes = await pratique.query<{ outcome: string }>(
    'select distinct outcome from generation where repository = $1',
    [repository],
  );
  expect(outcomes).toEqual([{ outcome: 'judged' }]);
  const twice = await pratique.query(
    `select subject, data->>'environment' from outbox where type = 'promotion.live' and subject like $1
     group by 1, 2, data->>'generation' having count(*) > 1`,
    [`${repository}@%`],
  );
  expect(twice).toEqual([]);
  const { status, body } = await pratique.admin.get('/api/v1/dead-letters');
  expect({ status, items: body.items }).toEqual({ status: 200, items: [] });
}

async function preparedImages(repository: string): Promise<Digest[]> {
  const digests: Digest[] = [];
  for (let index = 0; index < IMAGES; index += 1)
    digests.push(
      await pushTagged(pratique.registry, repository, await smallImage(`${repository} ${index}`), `v${index}`),
    );
  return digests;
}

/** Killed, not stopped: nothing is written down on the way out. Away for `awayMs`. */
async function outage(part: string, awayMs: number): Promise<void> {
  await pratique.stack.kill(part, 'SIGKILL');
  await delay(awayMs);
  await pratique.stack.restart(part);
}

it.each([
  ['temporal', 6000],
  ['postgres', 6000],
  ['registry', 5000],
] as const)('%s away: events are taken all the time, and all of them are carried out later', async (part, awayMs) => {
  const repository = `outage/${part}`;
  const digests = await preparedImages(repository);
  const traffic = startTraffic(repository, digests);
  await delay(1500);
  await outage(part, awayMs);
  await delay(2000);
  await traffic.stop();
  expect(traffic.sent.map(({ status }) => status).filter((status) => status !== 202)).toEqual([]);
  await expectNothingLost(repository, digests, traffic.sent);
});

it('Kafka away: senders hear 503 and when to come back, and nothing that was taken is lost', async () => {
  const repository = 'outage/kafka';
  const digests = await preparedImages(repository);
  const traffic = startTraffic(repository, digests);
  await delay(1500);
  await outage('kafka', 8000);
  await delay(2000);
  await traffic.stop();
  const refused = traffic.sent.filter(({ accepted }) => !accepted);
  expect(refused.length).toBeGreaterThan(0);
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
  for (const { retryAfter } of refused) expect(Number(retryAfter)).toBeGreaterThan(0);
  await expectNothingLost(repository, digests, traffic.sent);
});

it('the API says 503 and when to come back while Postgres is away, and answers again afterwards', async () => {
  await pratique.stack.kill('postgres', 'SIGKILL');
  try {
    const answer = await eventually('a refusal', async () => {
      const { status, headers } = await pratique.admin.get('/api/v1/artifacts');
      return status === 200 ? undefined : { status, retryAfter: headers.get('retry-after') };
    });
    expect(answer).toEqual({ status: 503, retryAfter: expect.stringMatching(/^[1-9]/) });
  } finally {
    await pratique.stack.restart('postgres');
  }
  await eventually('the API to answer again', async () =>
    (await pratique.admin.get('/api/v1/artifacts')).status === 200 ? true : undefined,
  );
});

it('the status and the metrics say what is away, since when, and what waits', async () => {
  const approver = await pratique.as('alex', 'approver');
  const digests = await preparedImages('outage/told');
  const before = Date.now();
  await pratique.stack.kill('temporal', 'SIGKILL');
  try {
    const part = await eventually('the status to know', async () => {
      const parts = await pratique.stack.status();
      return parts?.find(({ name, since }) => name === 'temporal' && since !== undefined);
    });
    expect(part).toMatchObject({ healthy: false, reason: expect.stringMatching(/\w/) });
    expect(Math.abs(Date.parse(part.since ?? '') - before)).toBeLessThan(15_000);
    const away = await eventually('the metric', async () => {
      const metrics = await readMetrics(pratique.stack, /^pratique_dependency_unavailable_seconds.*"temporal"/);
      const values = [...metrics.values()];
      return values.length > 0 && Math.min(...values) > 0 ? metrics : undefined;
    });
    // gateway, dispatcher, worker, trust
    expect(away.size).toBe(4);
    const promotion = `promotion/prod/outage/told@${digests[0]}`;
    const body = { promotion, reason: 'fine', decision: digests[0] };
    const { status, headers } = await approver.post('/api/v1/promotions/approve', body);
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({
      status: 503,
      retryAfter: expect.stringMatching(/^[1-9]/),
    });
    const oldest = await eventually('the age of what waits', async () => {
      const metrics = await readMetrics(pratique.stack, /^pratique_backlog_oldest_age_seconds.*"generations"/);
      return [...metrics.values()].find((age) => age > 1);
    });
    expect(oldest).toBeLessThan(300);
  } finally {
    await pratique.stack.restart('temporal');
  }
  await expectNothingLost('outage/told', digests, []);
  const parts = await pratique.stack.status();
  expect(parts?.filter(({ healthy, since }) => !healthy || since !== undefined)).toEqual([]);
});

it("what Temporal's native core says of all this are lines of JSON too", async () => {
  const log = await readFile(pratique.stack.home.logFile('worker'), 'utf8');
  expect(log).toContain('"sdkComponent":"core"');
  expect(await findOtherLines(pratique.stack)).toEqual([]);
});

it('what a killed registry had not told anybody is found by comparing, and started once', async () => {
  const repository = 'outage/forgotten';
  // The gateway refuses what it can not write down: the registry keeps it, in memory.
  await pratique.stack.kill('kafka', 'SIGKILL');
  const digests = await preparedImages(repository);
  await pratique.stack.kill('registry', 'SIGKILL');
  await pratique.stack.restart('kafka');
  await pratique.stack.restart('registry');
  const known = () =>
    pratique.query<{ source: string }>("select source from intake where subject like $1 and outcome = 'started'", [
      `${repository}@%`,
    ]);
  await delay(5000);
  // It may have been compared meanwhile, by its schedule.
  expect((await known()).filter(({ source }) => source !== '/pratique/reconcile')).toEqual([]);
  const operator = await pratique.as('olga', 'operator');
  expect((await operator.post('/api/v1/reconcile', {})).status).toBe(202);
  await eventually('all of them', async () => ((await known()).length === IMAGES ? true : undefined));
  await expectNothingLost(repository, digests, []);
  expect(await known()).toEqual(digests.map(() => ({ source: '/pratique/reconcile' })));
});

it('what somebody deletes in an environment is told, and is there again once it is asked for', async () => {
  const repository = 'outage/deleted';
  const { registry, admin, registryAs, stack } = pratique;
  const digest = await pushTagged(registry, repository, await smallImage(repository), '1.0');
  const id = `promotion/prod/${repository}@${digest}`;
  const isLive = (generation: number) =>
    eventually(`${id} to be live, generation ${generation}`, async () => {
      const { status, body } = await admin.get('/api/v1/promotion', { id });
      return status === 200 && body.state === 'live' && body.generation === generation ? true : undefined;
    });
  await isLive(1);
  const hand = registryAs('promote', await readSecret(stack.home.registryPasswordFile('promote')));
  await hand.deleteManifest(`prod/${repository}`, digest);
  const [finding] = await eventually('the finding', async () => {
    const found = await pratique.query<{ detail: object }>(
      "select detail from finding where kind = 'deleted-past-us' and subject = $1",
      [`${repository}@${digest}`],
    );
    return found.length > 0 ? found : undefined;
  });
  expect(finding?.detail).toEqual({ environment: 'prod', from: `prod/${repository}`, tags: ['1.0'] });
  const operator = await pratique.as('olga', 'operator');
  const asked = await operator.post('/api/v1/promotions', { ref: `${repository}:1.0`, environment: 'prod' });
  expect(asked.body).toMatchObject({ outcome: 'requested' });
  await isLive(2);
  expect(await registry.resolve(`prod/${repository}`, '1.0')).toMatchObject({ digest });
});
