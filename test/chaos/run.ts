/** `npm run chaos -- [--seed N] [--events N]`: one run; without a seed, one nobody has tried. Exit code 1 where something did not hold. */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runChaos } from './run-chaos.ts';

const { values } = parseArgs({ options: { seed: { type: 'string' }, events: { type: 'string', default: '2000' } } });
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const log = (line: string) => void process.stderr.write(`${line}\n`);
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
const violations = await runChaos({ seed, events: Number(values.events), log, signal: stopping.signal });
for (const violation of violations) process.stdout.write(`${violation}\n`);
process.stdout.write(`seed ${seed}: ${violations.length === 0 ? 'all held' : `${violations.length} violations`}\n`);
process.exitCode = violations.length === 0 ? 0 : 1;
