/** Flows held at their fault points: of a push, of a call to the gateway, of records in Kafka. */
import { encodeIntakeEvent } from '../../../domain/events/encode-intake-event.ts';
import type { IntakeEvent } from '../../../domain/events/intake-event.ts';
import type { FaultPoint } from '../../../domain/fault/fault-point.ts';
import type { Stopped } from '../../faults/fault-director.ts';
import { buildIndex, digestOf, pushImage, type TestImage } from '../../images.ts';
import { smallImage } from '../stack.ts';
import { sendTogether } from './kafka-records.ts';
import type { RaceStage } from './race-stage.ts';

/** Until a flow must have come to where it is held; other stacks may run beside this one. */
export const HOLD_MS = 240_000;
export const TAG = '1.0';
export const repositoryOf = (point: FaultPoint) => `races/${point.replaceAll('.', '-')}`;
export const twoPlatforms = async (label: string) =>
  buildIndex([await smallImage(`${label} on one`), await smallImage(`${label} on two`)]);

/** An image of its own on its way, held at the point. */
export interface Held {
  readonly point: FaultPoint;
  readonly repository: string;
  readonly image: TestImage;
  readonly stopped: Stopped;
}

export async function holdPush(stage: RaceStage, point: FaultPoint, image?: TestImage): Promise<Held> {
  const repository = repositoryOf(point);
  const pushed = image ?? (await smallImage(point));
  // Whose blob a stored blob is, its digest does not say.
  const about = point === 'blob.stored' ? 'anything' : [pushed.top.digest, repository];
  const trap = stage.faults.stopAt(point, { about, withinMs: HOLD_MS });
  await pushImage(stage.registry, repository, pushed, TAG);
  return { point, repository, image: pushed, stopped: await trap.stopped };
}

/** A call to a gateway that dies before it answers. Throws where it answers. */
export async function holdCall(stage: RaceStage, point: FaultPoint, call: () => Promise<unknown>): Promise<Stopped> {
  const trap = stage.faults.stopAt(point, { withinMs: HOLD_MS });
  const answered = call().then(
    (answer) => Promise.reject(new Error(`answered before ${point}: ${JSON.stringify(answer)}`)),
    () => trap.stopped,
  );
  return Promise.race([trap.stopped, answered]);
}

/** What became of a record, killed before the next write. */
export const atTheDoor: readonly FaultPoint[] = ['intake.accepted', 'consumer.handled'];

/**
 * Records of one partition, sent as one batch: a consumer that is held at one of them fetches no more. Of pushes nobody has
 * made yet, of a build of something nobody pushed, and of none.
 */
export async function holdRecords(stage: RaceStage): Promise<Held[]> {
  const { faults, record } = stage;
  const base = { source: '/registries/race', occurredAt: new Date().toISOString() };
  const pushes = await Promise.all(
    atTheDoor.map(async (point) => ({ point, repository: repositoryOf(point), image: await smallImage(point) })),
  );
  const traps = pushes.map(({ point, image }) => faults.stopAt(point, { about: image.top.digest, withinMs: HOLD_MS }));
  const built = digestOf(new TextEncoder().encode('built'));
  const others = [
    faults.stopAt('intake.build-recorded', { about: built, withinMs: HOLD_MS }),
    faults.stopAt('consumer.dead-letter-sent', { withinMs: HOLD_MS }),
  ];
  const events: IntakeEvent[] = pushes.map(({ point, repository, image: { top } }) => ({
    ...base,
    ...{ kind: 'artifact-pushed', id: `race-${point}`, repository, tag: TAG },
    ...{ digest: top.digest, mediaType: top.mediaType },
  }));
  events.push({
    ...base,
    ...{ kind: 'build-finished', id: 'race-build', repository: 'races/built', digest: built, commit: 'c'.repeat(40) },
    ...{ sourceRepository: 'https://git.test/shop.git', builder: { id: 'https://builders.test/one' }, toolchain: {} },
  });
  await sendTogether(record.connection.kafkaBrokers, [
    ...events.map((event) => ({
      key: `${event.repository}@${event.digest}`,
      value: JSON.stringify(encodeIntakeEvent(event, record.connection.registry)),
    })),
    { key: 'garbage', value: 'not json' },
  ]);
  await Promise.all(others.map(({ stopped }) => stopped));
  return Promise.all(pushes.map(async (push, index) => ({ ...push, stopped: await traps[index]!.stopped })));
}
