/** What a chaos run will do, decided by its seed alone: who sends what in which order, and who dies when. */
import { buildImage, type TestImage } from '../images.ts';
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
  | { readonly kind: 'garbage'; readonly key: string; readonly value: string };

export interface Blow {
  /** Milliseconds after the first step. */
  readonly at: number;
  readonly part: string;
  /** A service is started again by the supervisor; a server is away for this long first. */
  readonly awayMs: number;
}

export interface ChaosPlan {
  readonly images: readonly PlannedImage[];
  readonly steps: readonly Step[];
  readonly blows: readonly Blow[];
  /** Quarantined in the middle: one of the first, one under way, one that is pushed only later. */
  readonly quarantined: readonly PlannedImage[];
}

const REPOSITORIES = 5;
const SERVICES = ['dispatcher', 'worker', 'trust', 'gateway'] as const;
/** Each service dies this often. */
const DEATHS = 2;
const STEP_EVERY_MS = 200;

export { STEP_EVERY_MS };

const GARBAGE = [
  '',
  'not json',
  '{"specversion":"1.0"}',
  '[]',
  '{"specversion":"1.0","id":"x","source":"y","type":"z"}',
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
  const duration = events * STEP_EVERY_MS;
  const services = Array.from({ length: DEATHS }, () => SERVICES)
    .flat()
    .map((part) => ({ at: (0.05 + 0.9 * random.next()) * duration, part, awayMs: 0 }));
  const servers = ['kafka', 'temporal'].map((part) => ({
    at: (0.2 + 0.6 * random.next()) * duration,
    part,
    awayMs: 1000 + random.below(3000),
  }));
  return {
    images,
    steps: planSteps(images, events, random),
    blows: [...services, ...servers].toSorted((a, b) => a.at - b.at),
    quarantined: [0.1, 0.5, 0.9].map((place) => images[Math.floor(place * images.length)] as PlannedImage),
  };
}

/** Pushes in order; calls about them moved about, each event delivered once or twice. */
function planSteps(images: readonly PlannedImage[], events: number, random: SeededRandom): Step[] {
  const placed: { at: number; step: Step }[] = images.map((image, index) => ({
    at: index,
    step: { kind: 'push', image },
  }));
  const garbage = Math.floor(events / 10);
  for (let index = 0; index < garbage; index += 1)
    placed.push({
      at: random.next() * images.length,
      step: { kind: 'garbage', key: `garbage ${index}`, value: random.pick(GARBAGE) },
    });
  for (let index = 0; placed.length < events; index += 1) {
    const about = random.below(images.length);
    const image = images[about] as PlannedImage;
    const step: Step = { kind: 'notify', image, event: `event-${index}` };
    for (const _ of Array.from({ length: 1 + random.below(2) }))
      if (placed.length < events) placed.push({ at: about + (random.next() - 0.3) * 10, step });
  }
  return placed.toSorted((a, b) => a.at - b.at).map(({ step }) => step);
}
