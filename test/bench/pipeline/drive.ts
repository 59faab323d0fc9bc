import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Schema } from '../../../adapters/postgres/schema.ts';
import type { PartRecord } from '../../../infra/dev/stack-record.ts';
import type { BenchBuilder } from './bench-builder.ts';
import { readUsage, type Usage } from './process-usage.ts';
import { countLive } from './progress-of.ts';

/** A look at the run: how many of its own are in prod, how long it took so far, and what it cost. */
export interface Checkpoint {
  readonly live: number;
  /**
   * Artifacts' worth of work, those under way included: the mean of how many were pushed and how many are live in each environment.
   * By `live` alone the first hundred would pay for forty more that are on their way, and the last for forty fewer.
   */
  readonly done: number;
  readonly seconds: number;
  /** By part: servers, services, and `bench` itself. */
  readonly usage: Readonly<Record<string, Usage>>;
}

export interface DriveOptions {
  readonly builder: BenchBuilder;
  readonly db: Kysely<Schema>;
  readonly parts: readonly PartRecord[];
  /** Number of the first image: those before it were pushed, and are live, already. */
  readonly from: number;
  readonly count: number;
  /** Artifacts pushed and not yet in prod: when there are so many, the next push waits. */
  readonly inFlight: number;
  readonly log: (line: string) => void;
  /** Asked when nothing moves any more. */
  readonly explain: () => Promise<string[]>;
}

const POLL_MS = 250;
const CHECKPOINT_EVERY = 50;
/** Nothing became live for so long: it is not slow, it is stuck. */
const PATIENCE_MS = 180_000;
const PUSHES_AT_ONCE = 4;

/** Pushes `count` images, as fast as what is in flight allows, and returns when the last one is live in prod. */
export async function drive(options: DriveOptions): Promise<{ digests: string[]; checkpoints: Checkpoint[] }> {
  const { builder, db, parts, from, count, inFlight, log, explain } = options;
  const started = performance.now();
  const look = (live: number, done: number): Checkpoint => ({
    ...{ live, done },
    seconds: (performance.now() - started) / 1000,
    usage: usageOf(parts),
  });
  const checkpoints = [look(0, 0)];
  const digests: string[] = [];
  let pushed = 0;
  let live = 0;
  let failure: unknown;
  const pusher = async (): Promise<void> => {
    while (pushed < count && failure === undefined) {
      if (pushed - live >= inFlight) {
        await delay(POLL_MS / 2);
        continue;
      }
      const position = pushed;
      pushed += 1;
      digests[position] = await builder.publish(from + position);
    }
  };
  const pushing = Promise.all(Array.from({ length: PUSHES_AT_ONCE }, pusher)).catch((error: unknown) => {
    failure = error;
  });
  let lastMove = performance.now();
  for (let next = CHECKPOINT_EVERY; live < count; ) {
    if (failure !== undefined) throw failure;
    const everywhere = (await countLive(db)).map((one) => one - from);
    const now = everywhere.at(-1) ?? 0;
    if (now > live) lastMove = performance.now();
    else if (performance.now() - lastMove > PATIENCE_MS)
      throw new Error(
        `nothing became live for ${PATIENCE_MS / 1000} s at ${live} of ${count}\n${(await explain()).join('\n')}`,
      );
    live = now;
    if (live >= next || live === count) {
      checkpoints.push(look(live, mean([pushed, ...everywhere])));
      next = live - (live % CHECKPOINT_EVERY) + CHECKPOINT_EVERY;
      log(`${live} of ${count} live in prod, ${(live / (checkpoints.at(-1)?.seconds ?? 1)).toFixed(2)}/s so far`);
    }
    await delay(POLL_MS);
  }
  await pushing;
  return { digests, checkpoints };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function usageOf(parts: readonly PartRecord[]): Record<string, Usage> {
  const own = process.cpuUsage();
  return {
    ...Object.fromEntries(
      parts.flatMap(({ name, process: running }) => (running === null ? [] : [[name, readUsage(running.pid)]])),
    ),
    bench: {
      cpuSeconds: (own.user + own.system) / 1e6,
      memoryMiB: process.memoryUsage.rss() / 1024 ** 2,
    },
  };
}
