/** Everybody who sends something in a chaos run. Each keeps on until there is an answer, as registries and build systems do. */
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import type { Digest } from '../../domain/artifact/digest.ts';
import { encodeIntakeEvent } from '../../domain/events/encode-intake-event.ts';
import { topics } from '../../domain/events/topics.ts';
import { pushEvent } from '../e2e/distribution-webhook.ts';
import { eventually, type Pratique, pushTagged } from '../e2e/stack.ts';
import type { PlannedImage, Step } from './plan.ts';
import type { Refusal } from './refusals.ts';

/** What a sender does that hears "later", or nothing. */
const SEND_AGAIN_MS = 500;
/** Of those who push and those who write garbage. */
const PATIENCE_MS = 300_000;
const LATER: readonly number[] = [429, 503];
const BUILDER = 'https://builders.test/chaos';

export interface Sent {
  /** Ids of the events the gateway answered 202 for, as the intake names them. */
  readonly accepted: ReadonlySet<string>;
  /** Keys of the garbage that is in Kafka. */
  readonly garbage: readonly string[];
  /** What a sender heard that it should not have. */
  readonly unclear: readonly string[];
  readonly answers: ReadonlyMap<number, number>;
}

export interface Senders {
  readonly sent: Sent;
  carryOut(step: Step): Promise<void>;
  /** Until the webhook's call is taken, as a registry does. */
  notify(repository: string, digest: Digest, tag: string, event: string): Promise<void>;
  close(): Promise<void>;
}

/** `speaksFor` is the pattern of the repositories whose builds are told of. */
export async function createSenders(pratique: Pratique, speaksFor: string): Promise<Senders> {
  const accepted = new Set<string>();
  const garbage: string[] = [];
  const unclear: string[] = [];
  const answers = new Map<number, number>();
  const { registry, gatewayUrl, kafkaBrokers } = pratique.record.connection;
  const ci = await pratique.as('ci', 'viewer', { repositories: [speaksFor], builders: [BUILDER] });
  const secrets = { '/hooks/distribution': await pratique.webhookSecret(), '/events': ci.token };
  const producer = await connectProducer(kafkaBrokers);

  /** The first answer that is not "later". A refusal to wait must say for how long. */
  const send = async (call: Pick<Refusal, 'path' | 'credential' | 'contentType' | 'body'>) => {
    const authorization = {
      right: { authorization: `Bearer ${secrets[call.path]}` },
      wrong: { authorization: `Bearer ${'0'.repeat(32)}` },
      none: {},
    }[call.credential];
    for (;;) {
      const answer = await fetch(new URL(call.path, gatewayUrl), {
        method: 'POST',
        body: call.body,
        headers: { ...authorization, 'content-type': call.contentType },
        signal: AbortSignal.timeout(30_000),
      })
        .then(async (response) => ({ response, text: await response.text() }))
        .catch(() => undefined);
      answers.set(answer?.response.status ?? 0, (answers.get(answer?.response.status ?? 0) ?? 0) + 1);
      if (answer !== undefined && !LATER.includes(answer.response.status)) return answer;
      if (answer !== undefined && !(Number(answer.response.headers.get('retry-after')) > 0))
        unclear.push(`${call.path} answered ${answer.response.status} without Retry-After`);
      await delay(SEND_AGAIN_MS);
    }
  };
  const take = async (call: Parameters<typeof send>[0], idOf: (body: string) => string) => {
    const { response, text } = await send(call);
    if (response.status === 202) accepted.add(idOf(text));
    else unclear.push(`${call.path} answered ${response.status} to a good event`);
  };
  const notify: Senders['notify'] = (repository, digest, tag, event) =>
    take(
      {
        path: '/hooks/distribution',
        credential: 'right',
        contentType: 'application/vnd.docker.distribution.events.v2+json',
        body: JSON.stringify({ events: [{ ...pushEvent(repository, digest, tag), id: event }] }),
      },
      () => `distribution:${registry}:${event}`,
    );
  const tellOfBuild = ({ repository, image }: PlannedImage, event: string) =>
    take(
      {
        path: '/events',
        credential: 'right',
        contentType: 'application/cloudevents+json',
        body: JSON.stringify(buildOf(repository, image.top.digest, event, registry)),
      },
      (body) => (JSON.parse(body) as { id: string }).id,
    );
  const expectRefusal = async (refusal: Refusal) => {
    const { response, text } = await send(refusal);
    const said = codeAndMessage(text);
    if (response.status !== refusal.status || said.code !== refusal.code || said.message.length < 10)
      unclear.push(`${refusal.path} with ${refusal.name}: ${response.status} ${said.code} ${said.message}`);
  };
  return {
    sent: { accepted, garbage, unclear, answers },
    notify,
    async carryOut(step) {
      switch (step.kind) {
        case 'push': {
          const { repository, image, tag } = step.image;
          // A client tries again, for as long as it takes.
          await eventually(
            `the push of ${repository}:${tag}`,
            () => pushTagged(pratique.registry, repository, image, tag),
            PATIENCE_MS,
          );
          return;
        }
        case 'notify':
          return notify(step.image.repository, step.image.image.top.digest, step.image.tag, step.event);
        case 'stranger':
          return notify('elsewhere/app', step.image.image.top.digest, step.image.tag, step.event);
        case 'build':
          return tellOfBuild(step.image, step.event);
        case 'refused':
          return expectRefusal(step.refusal);
        case 'garbage':
          // kafkajs gives up before a broker is back where many wait for it.
          await eventually(
            'the garbage to be in Kafka',
            () => producer.send({ topic: topics.events, messages: [{ key: step.key, value: step.value }] }),
            PATIENCE_MS,
          );
          garbage.push(step.key);
      }
    },
    close: () => producer.disconnect(),
  };
}

/** Patient, and not idempotent: garbage that arrives twice is garbage. */
async function connectProducer(brokers: string): Promise<Producer> {
  const producer = new Kafka({
    clientId: 'chaos',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 40, maxRetryTime: 5000 },
  }).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  return producer;
}

function buildOf(repository: string, digest: Digest, id: string, registry: string) {
  return encodeIntakeEvent(
    {
      kind: 'build-finished',
      id,
      source: '/chaos',
      occurredAt: new Date().toISOString(),
      repository,
      digest,
      commit: 'c'.repeat(40),
      sourceRepository: 'https://git.test/chaos.git',
      builder: { id: BUILDER },
      toolchain: { node: '24' },
    },
    registry,
  );
}

function codeAndMessage(text: string): { code: string; message: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: string; message?: string } };
    return { code: error?.code ?? '', message: error?.message ?? '' };
  } catch {
    return { code: '', message: '' };
  }
}
