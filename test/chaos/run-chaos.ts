/** One chaos run: traffic, deaths and a quarantine on a whole stack, then a look at what must have held. */
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { topics } from '../../domain/events/topics.ts';
import { pushEvent, sendWebhook } from '../e2e/distribution-webhook.ts';
import { auditing } from '../e2e/policies.ts';
import { eventually, type Pratique, pushTagged, startPratique } from '../e2e/stack.ts';
import { findViolations } from './find-violations.ts';
import { type ChaosPlan, type PlannedImage, planChaos, STEP_EVERY_MS, type Step } from './plan.ts';
import { observeRegistry } from './registry-observer.ts';
import { createSeededRandom } from './seeded-random.ts';
import { superviseChaos } from './supervisor.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** Pushes, webhook calls and garbage together. */
  readonly events: number;
  readonly log: (line: string) => void;
}

const ENVIRONMENTS = ['dev', 'prod'];
const SETTLED_WITHIN_MS = 200_000;
/** What a sender does that hears 503, or nothing. */
const SEND_AGAIN_MS = 500;

/** Returns what did not hold; empty is good. */
export async function runChaos({ seed, events, log }: ChaosOptions): Promise<string[]> {
  const plan = await planChaos(events, createSeededRandom(seed));
  const pratique = await startPratique(auditing);
  const watched = plan.images.map(({ repository, tag, image }) => ({ repository, tag, digest: image.top.digest }));
  const fenced = watched.filter(({ digest }) => plan.quarantined.some(({ image }) => image.top.digest === digest));
  const observer = observeRegistry(pratique.registry, ENVIRONMENTS, fenced);
  log(`chaos: seed ${seed}, ${events} events, ${plan.images.length} images, ${plan.blows.length} blows`);
  const supervisor = superviseChaos(pratique.stack, plan.blows, log);
  try {
    const sent = await sendAll(pratique, plan);
    log(`all was sent: ${sent.accepted.length} webhook events accepted`);
    await supervisor.done;
    log('everything runs again');
    await settled(pratique, sent.accepted);
    await observer.stop();
    return await findViolations(pratique, {
      ...sent,
      images: plan.images,
      quarantined: plan.quarantined,
      sightings: observer.sightings,
      environments: ENVIRONMENTS,
    });
  } finally {
    await supervisor.stop();
    await observer.stop();
    await pratique.close();
  }
}

async function sendAll(pratique: Pratique, { steps, quarantined }: ChaosPlan) {
  const accepted = new Set<string>();
  const garbage: string[] = [];
  const producer = new Kafka({
    clientId: 'chaos',
    brokers: [pratique.record.connection.kafkaBrokers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20 },
  }).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const carryOut = async (step: Step): Promise<void> => {
    switch (step.kind) {
      case 'push':
        await pushTagged(pratique.registry, step.image.repository, step.image.image, step.image.tag);
        return;
      case 'notify':
        await notify(pratique, step.image, step.event);
        accepted.add(`distribution:${pratique.record.connection.registry}:${step.event}`);
        return;
      case 'garbage':
        await producer.send({ topic: topics.events, messages: [{ key: step.key, value: step.value }] });
        garbage.push(step.key);
    }
  };
  const pending: Promise<void>[] = [];
  for (const [index, step] of steps.entries()) {
    pending.push(carryOut(step));
    if (index === Math.floor(steps.length / 2))
      pending.push(...quarantined.map((image) => quarantine(pratique, image)));
    await delay(STEP_EVERY_MS);
  }
  await Promise.all(pending);
  await producer.disconnect();
  return { accepted: [...accepted], garbage };
}

/** Until it is taken, as a registry does. */
async function notify(pratique: Pratique, { repository, tag, image }: PlannedImage, event: string): Promise<void> {
  const body = JSON.stringify({ events: [{ ...pushEvent(repository, image.top.digest, tag), id: event }] });
  for (;;) {
    const answer = await sendWebhook(pratique, body).catch(() => undefined);
    if (answer?.status === 202) return;
    if (answer !== undefined && answer.status !== 503) throw new Error(`the webhook answered ${answer.status}`);
    await delay(SEND_AGAIN_MS);
  }
}

/** Until it is opened; a call that was cut off may have opened one as well, which does no harm. */
async function quarantine(pratique: Pratique, { image }: PlannedImage): Promise<void> {
  const selector = image.top.digest;
  await eventually(`${selector} to be quarantined`, async () => {
    const { status } = await pratique.admin.post('/api/v1/incidents', { selector, reason: 'chaos' });
    return status === 201 ? true : undefined;
  });
}

/** Everything decided, closed, promoted, confirmed and published. Names what is left when it takes too long. */
async function settled({ query }: Pratique, accepted: readonly string[]): Promise<void> {
  let left: Record<string, unknown> = {};
  const look = async () => {
    const [row] = await query<Record<string, number>>(
      `select (select count(*) from unnest($1::text[]) as id where not exists (select 1 from intake where event_id = id))::int as undecided,
        (select count(*) from generation where state <> 'closed')::int as generations,
        (select count(*) from promotion where state in ('requested', 'waiting', 'reserved'))::int as promotions,
        (select count(*) from workflow_request where state = 'pending')::int as requests,
        (select count(*) from incident where state = 'open')::int as incidents,
        (select count(*) from outbox where published_at is null)::int as unpublished`,
      [accepted],
    );
    left = row ?? {};
    return Object.values(left).every((count) => count === 0) ? true : undefined;
  };
  await eventually('everything to settle', look, SETTLED_WITHIN_MS).catch((cause: unknown) => {
    throw new Error(`still open: ${JSON.stringify(left)}`, { cause });
  });
}
