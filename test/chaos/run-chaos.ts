/** One chaos run: traffic, deaths, outages, faults and a quarantine on a whole stack, then a look at what must have held. */
import { setTimeout as delay } from 'node:timers/promises';
import { auditing } from '../e2e/policies.ts';
import { eventually, openPratique, type Pratique, prepareHome } from '../e2e/stack.ts';
import { createTestBuilder } from '../e2e/test-builder.ts';
import { findViolations } from './find-violations.ts';
import { forgetClosedRuns } from './forget-closed.ts';
import { type ChaosPlan, type PlannedImage, planChaos, STEP_EVERY_MS } from './plan.ts';
import { startFaultyRegistry } from './registry-faults.ts';
import { observeRegistry } from './registry-observer.ts';
import { routeThrough } from './route-through.ts';
import { createSeededRandom, type SeededRandom } from './seeded-random.ts';
import { createSenders, type Sent } from './senders.ts';
import { untilSettled } from './settled.ts';
import { mountSmallDisk } from './small-disk.ts';
import { superviseChaos } from './supervisor.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** Everything that is sent: pushes, calls good and bad, garbage. */
  readonly events: number;
  readonly log: (line: string) => void;
  /** Ends the run, and takes everything down. */
  readonly signal?: AbortSignal;
}

const ENVIRONMENTS = ['dev', 'prod'];

/** Returns what did not hold; empty is good. */
export async function runChaos({ seed, events, log, signal }: ChaosOptions): Promise<string[]> {
  const random = createSeededRandom(seed);
  const plan = await planChaos(events, random);
  log(`chaos: seed ${seed}, ${events} events, ${plan.images.length} images, ${plan.blows.length} blows`);
  await using cleanUp = new AsyncDisposableStack();
  const stage = await setStage(plan, random, cleanUp, log);
  const aborted = Promise.withResolvers<never>();
  signal?.addEventListener('abort', () => aborted.reject(signal.reason));
  // Awaited here: what is returned unawaited is cleaned up under its feet.
  return await Promise.race([perform(plan, stage, log), aborted.promise]);
}

type Stage = Awaited<ReturnType<typeof setStage>>;

/** A stack on a disk of its own, with faults before its registry, and everybody who looks on. */
async function setStage(
  plan: ChaosPlan,
  random: SeededRandom,
  cleanUp: AsyncDisposableStack,
  log: (line: string) => void,
) {
  const dir = await prepareHome('pratique-chaos-', auditing().replace("'**'", "'chaos/**'"));
  const disk = await mountSmallDisk(dir);
  if (disk !== undefined) cleanUp.defer(() => disk.unmount());
  const direct = await openPratique(dir, createTestBuilder());
  cleanUp.defer(() => direct.close());
  // What is mounted can not be removed.
  cleanUp.defer(async () => {
    await direct.stack.down();
    await disk?.unmount();
  });
  const faulty = await startFaultyRegistry(direct.record.connection.registry, random);
  cleanUp.defer(() => faulty.close());
  // Our services meet the faults; those who push, and the observer, ask the registry itself.
  const pratique = { ...direct, record: await routeThrough(direct.stack, faulty.host) };
  const forgetting = forgetClosedRuns(pratique.record.connection);
  cleanUp.defer(() => forgetting.stop());
  const watched = plan.images.map(({ repository, tag, image }) => ({ repository, tag, digest: image.top.digest }));
  const fenced = plan.quarantined.map(({ image }) => image.top.digest);
  const observer = observeRegistry(direct.registry, ENVIRONMENTS, watched, fenced);
  cleanUp.defer(() => observer.stop());
  const supervisor = superviseChaos({ stack: pratique.stack, blows: plan.blows, disk, log });
  cleanUp.defer(() => supervisor.stop());
  return { pratique, faulty, forgetting, observer, supervisor };
}

async function perform(plan: ChaosPlan, stage: Stage, log: (line: string) => void): Promise<string[]> {
  const { pratique, faulty, forgetting, observer, supervisor } = stage;
  const started = Date.now();
  const sent = await sendAll(pratique, plan);
  log(`${seconds(started)}: all was sent, ${sent.accepted.size} events accepted`);
  await supervisor.done;
  faulty.calm();
  log(`${seconds(started)}: everything runs again`);
  await untilSettled(pratique, [...sent.accepted], plan.images, log);
  log(`${seconds(started)}: everything has settled`);
  await observer.stop();
  await forgetting.stop();
  report(stage, sent, log);
  return findViolations(pratique, {
    ...sent,
    images: plan.images,
    quarantined: plan.quarantined,
    environments: ENVIRONMENTS,
    observer,
    failedWorkflows: [...forgetting.failed],
  });
}

const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

function report({ faulty, forgetting, observer, supervisor }: Stage, sent: Sent, log: (line: string) => void): void {
  const counts = (counted: ReadonlyMap<string | number, number>) =>
    [...counted].map(([name, count]) => `${name}: ${count}`).join(', ');
  log(`answers by status (0: none): ${counts(sent.answers)}`);
  log(`registry: ${faulty.requests} requests of ours; ${counts(faulty.dealt)}`);
  log(`started again: ${counts(supervisor.revivals)}`);
  log(`Temporal has forgotten ${forgetting.forgotten} runs`);
  log(`looks at the registry: ${observer.looks.answered} answered, ${observer.looks.unanswered} not`);
}

/** One step after the other begins, whether the ones before have ended or not; the quarantines in the middle. */
async function sendAll(pratique: Pratique, { steps, quarantined }: ChaosPlan): Promise<Sent> {
  const senders = await createSenders(pratique, 'chaos/**');
  const pending: Promise<void>[] = [];
  const failures: unknown[] = [];
  const begin = (act: Promise<void>) => void pending.push(act.catch((error: unknown) => void failures.push(error)));
  for (const [index, step] of steps.entries()) {
    begin(senders.carryOut(step));
    if (index === Math.floor(steps.length / 2)) for (const image of quarantined) begin(quarantine(pratique, image));
    await delay(STEP_EVERY_MS);
  }
  await Promise.all(pending);
  await senders.close();
  if (failures.length > 0) throw failures[0];
  return senders.sent;
}

/** Until it is opened; a call that was cut off may have opened one as well, which does no harm. */
async function quarantine(pratique: Pratique, { image }: PlannedImage): Promise<void> {
  const selector = image.top.digest;
  await eventually(
    `${selector} to be quarantined`,
    async () => {
      const { status } = await pratique.admin.post('/api/v1/incidents', { selector, reason: 'chaos' });
      return status === 201 ? true : undefined;
    },
    180_000,
  );
}
