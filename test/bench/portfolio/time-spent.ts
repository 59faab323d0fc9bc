import process from 'node:process';
import type { Database } from '../../../adapters/postgres/database.ts';
import { processorOf } from './measure-affected.ts';

/** Seconds: of the clock, and of the processor (this process, and the portfolio's Postgres processes). */
export interface Spent {
  readonly clock: number;
  readonly processor: number;
}

/** Begins to count; what it gives says how much was spent until then. */
export async function countTime(db: Database): Promise<() => Promise<Spent>> {
  const before = await processorOf(db);
  const own = process.cpuUsage();
  const started = performance.now();
  return async () => {
    const clock = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(own);
    return { clock, processor: (user + system) / 1e6 + ((await processorOf(db)) - before) / 1000 };
  };
}
