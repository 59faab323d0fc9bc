/** Kills and revives the parts of a stack, as a bad day and a process supervisor would: one after the other. */
import { setTimeout as delay } from 'node:timers/promises';
import { isSameProcessAlive } from '../../infra/dev/process/process-identity.ts';
import type { Stack } from '../../infra/dev/stack.ts';
import type { Blow } from './plan.ts';

const LOOK_EVERY_MS = 200;

export interface Supervisor {
  /** Resolves when every blow was dealt and everything runs again. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** `blows` in the order of their time. A service that ends, for whatever reason, is started again. */
export function superviseChaos(stack: Stack, blows: readonly Blow[], log: (line: string) => void): Supervisor {
  const started = Date.now();
  const waiting = [...blows];
  const calm = Promise.withResolvers<void>();
  let isStopped = false;

  const revive = async (name: string) => {
    try {
      await stack.restart(name);
    } catch (error) {
      // Ended while starting, as when what it needs is away: tried again.
      log(`${name} did not start: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    }
  };
  const deal = async ({ part, awayMs }: Blow) => {
    log(`${((Date.now() - started) / 1000).toFixed(1)} s: ${part} is killed`);
    await stack.kill(part, 'SIGKILL');
    if (awayMs === 0) return;
    await delay(awayMs);
    await stack.restart(part);
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
    async stop() {
      isStopped = true;
      await running.catch(() => undefined);
    },
  };
}
