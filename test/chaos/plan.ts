/** What a chaos run will do, decided by its seed alone: who sends what in which order, and what breaks when. */
import { buildImage, type TestImage } from '../images.ts';
import { type Refusal, refusals } from './refusals.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface PlannedImage {
  readonly repository: string;
  readonly tag: string;
  readonly image: TestImage;
}

export type Step =
  | { readonly kind: 'push'; readonly image: PlannedImage }
  /** A webhook call about an image, perhaps before its push, perhaps the second one with this event. */
  | { readonly kind: 'notify'; readonly image: PlannedImage; readonly event: string }
  /** A webhook call about a repository the policy takes nothing from, and the registry does not hold. */
  | { readonly kind: 'stranger'; readonly image: PlannedImage; readonly event: string }
  /** A build system says what it built, perhaps before the push, perhaps for the second time. */
  | { readonly kind: 'build'; readonly image: PlannedImage; readonly event: string }
  /** A call that must be refused, with a reason. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** Straight into Kafka, past every check. */
  | { readonly kind: 'garbage'; readonly key: string; readonly value: string };

export interface Blow {
  /** Milliseconds after the first step. */
  readonly at: number;
  /** A process of the stack, or the disk that all servers write to. */
  readonly part: string;
  /** A service is started again at once; a server is away, and the disk full, for this long first. */
  readonly awayMs: number;
}

export interface ChaosPlan {
  readonly images: readonly PlannedImage[];
  readonly steps: readonly Step[];
  readonly blows: readonly Blow[];
  /** Quarantined in the middle: some of the first, some under way, some that are pushed only later. */
  readonly quarantined: readonly PlannedImage[];
}

const REPOSITORIES = 5;
const SERVICES = ['dispatcher', 'worker', 'trust', 'gateway', 'builder'] as const;
const SERVERS = ['kafka', 'temporal', 'postgres', 'registry'] as const;
/** Between steps. */
export const STEP_EVERY_MS = 200;
/** Every service dies once more for each so many events, every server and the disk for each so many. */
const EVENTS_PER_DEATH = 400;
const EVENTS_PER_OUTAGE = 1000;
/** Of the steps that are no pushes; the rest are webhook calls. */
const SHARES = { garbage: 0.08, refused: 0.12, stranger: 0.04, build: 0.08 };

const GARBAGE = [
  '',
  'not json',
  '{"specversion":"1.0"}',
  '[]',
  '{"specversion":"1.0","id":"x","source":"y","type":"z"}',
  '{"specversion":"1.0","id":7,"source":[],"type":{}}',
  `"${'x'.repeat(200_000)}"`,
];

export async function planChaos(events: number, random: SeededRandom): Promise<ChaosPlan> {
  const images = await Promise.all(
    Array.from({ length: Math.ceil(events / 5) }, async (_, index): Promise<PlannedImage> => {
      const name = JSON.stringify({ name: 'left-pad', version: '1.3.0', license: 'WTFPL' });
      const layers = [
        { files: { 'app/node_modules/left-pad/package.json': name } },
        { files: { 'app/number': String(index) } },
      ];
      return {
        repository: `chaos/app-${index % REPOSITORIES}`,
        tag: `v${index}`,
        image: await buildImage({ layers }),
      };
    }),
  );
  const held = Math.max(3, Math.round(images.length / 40));
  return {
    images,
    steps: planSteps(images, events, random),
    blows: planBlows(events, random),
    quarantined: Array.from(
      { length: held },
      (_, index) => images[Math.floor((0.1 + (0.8 * index) / (held - 1)) * images.length)] as PlannedImage,
    ),
  };
}

function planBlows(events: number, random: SeededRandom): Blow[] {
  const duration = events * STEP_EVERY_MS;
  const spread = (parts: readonly string[], times: number, awayMs: () => number): Blow[] =>
    Array.from({ length: times }, () => parts)
      .flat()
      .map((part) => ({ at: (0.05 + 0.85 * random.next()) * duration, part, awayMs: awayMs() }));
  const outages = Math.max(1, Math.floor(events / EVENTS_PER_OUTAGE));
  return [
    ...spread(SERVICES, 1 + Math.floor(events / EVENTS_PER_DEATH), () => 0),
    ...spread([...SERVERS, 'disk'], outages, () => 1000 + random.below(4000)),
  ].toSorted((a, b) => a.at - b.at);
}

interface Placed {
  /** In units of pushes. */
  readonly at: number;
  readonly step: Step;
}

/** Pushes in order; calls about them moved about, each event delivered once or twice. */
function planSteps(images: readonly PlannedImage[], events: number, random: SeededRandom): Step[] {
  const placed: Placed[] = images.map((image, index) => ({ at: index, step: { kind: 'push', image } }));
  const room = events - images.length;
  const anywhere = () => random.next() * images.length;
  const anImage = () => random.pick(images);
  for (let index = 0; index < room * SHARES.garbage; index += 1)
    placed.push({
      at: anywhere(),
      step: { kind: 'garbage', key: `garbage ${index}`, value: random.pick(GARBAGE) },
    });
  for (let index = 0; index < room * SHARES.refused; index += 1)
    placed.push({ at: anywhere(), step: { kind: 'refused', refusal: random.pick(refusals) } });
  for (let index = 0; index < room * SHARES.stranger; index += 1)
    placed.push({ at: anywhere(), step: { kind: 'stranger', image: anImage(), event: `stranger-${index}` } });
  const builds = placed.length + room * SHARES.build;
  for (let index = 0; placed.length < events; index += 1) {
    const kind = placed.length < builds ? 'build' : 'notify';
    const about = random.below(images.length);
    const step: Step = { kind, image: images[about] as PlannedImage, event: `${kind}-${index}` };
    for (const _ of Array.from({ length: 1 + random.below(2) }))
      if (placed.length < events) placed.push({ at: about + (random.next() - 0.3) * 10, step });
  }
  return placed.toSorted((a, b) => a.at - b.at).map(({ step }) => step);
}
