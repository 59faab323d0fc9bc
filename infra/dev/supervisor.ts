/** The process beside a detached stack: `up --detach` starts it, `down` ends it. Its output is logs/supervisor.log. */
import process from 'node:process';
import { createStack } from './stack.ts';
import { superviseStack } from './supervise.ts';

const [, , home, cacheDir] = process.argv;
if (home === undefined || cacheDir === undefined) throw new TypeError('supervisor.ts <home> <cache folder>');
const log = (line: string): void => void process.stderr.write(`${new Date().toISOString()} ${line}\n`);
const end = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end.abort());
const stack = createStack({ home, cacheDir, log, databaseUrl: process.env.DATABASE_URL || undefined });
await superviseStack(stack, log, end.signal);
