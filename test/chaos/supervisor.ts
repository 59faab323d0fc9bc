/** Kills and revives the parts of a stack, as a bad day and a process supervisor would: one after the other. */
import { setTimeout as delay } from 'node:timers/promises';
import { isSameProcessAlive } from '../../infra/dev/process/process-identity.ts';
import type { Stack } from '../../infra/dev/stack.ts';
import type { Blow } from './plan.ts';
import type { SmallDisk } from './small-disk.ts';

const LOOK_EVERY_MS = 200;

export interface Supervisor {
  /** Resolves when every blow was dealt and everything runs again. */
  readonly done: Promise<void>;
  /** Starts of a part after its end, blows or not. */
  readonly revivals: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export interface SupervisorOptions {
  readonly stack: Stack;
  /** In the order of their time. */
  readonly blows: readonly Blow[];
  readonly disk: SmallDisk | undefined;
  readonly log: (line: string) => void;
}

/** A part that ends, for whatever reason, is started again. */
export function superviseChaos({ stack, blows, disk, log }: SupervisorOptions): Supervisor {
  const started = Date.now();
  const waiting = [...blows];
  const calm = Promise.withResolvers<void>();
  const revivals = new Map<string, number>();
  let isStopped = false;
  const say = (line: string) => log(`${((Date.now() - started) / 1000).toFixed(1)} s: ${line}`);

  const revive = async (name: string) => {
    revivals.set(name, (revivals.get(name) ?? 0) + 1);
    try {
      await stack.restart(name);
    } catch (error) {
      // Ended while starting, as when what it needs is away: tried again.
      say(`${name} did not start: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    }
  };
  const deal = async ({ part, awayMs }: Blow) => {
    if (part === 'disk') {
      if (disk === undefined) return say('the disk would be full now, but none can be mounted here (it takes root)');
      say(`the disk is full, for ${awayMs} ms`);
      await disk.fill();
      await delay(awayMs);
      return disk.free();
    }
    say(`${part} is killed${awayMs === 0 ? '' : `, and away for ${awayMs} ms`}`);
    await stack.kill(part, 'SIGKILL');
    if (awayMs === 0) return;
    await delay(awayMs);
    await revive(part);
  };
  const look = async () => {
    const next = waiting[0];
    if (next !== undefined && Date.now() - started >= next.at) {
      waiting.shift();
      await deal(next);
    }
    await delay(LOOK_EVERY_MS);
    const { parts } = await stack.record();
    const dead = parts.filter(({ process }) => process !== null && !isSameProcessAlive(process));
    for (const { name } of dead) await revive(name);
    if (waiting.length === 0 && dead.length === 0) calm.resolve();
  };
  const running = (async () => {
    while (!isStopped) await look();
  })();
  running.catch((error: unknown) => calm.reject(error));
  return {
    done: calm.promise,
    revivals,
    async stop() {
      isStopped = true;
      await running.catch(() => undefined);
    },
  };
}
