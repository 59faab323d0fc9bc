/** `npm run outage -- --of temporal|kafka|postgres|registry [--minutes N]`: one real outage. Exit code 1 where something did not hold. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runOutage, type Server, servers } from './run-outage.ts';

const { values } = parseArgs({
  options: { of: { type: 'string', default: 'temporal' }, minutes: { type: 'string', default: '10' } },
});
if (!servers.includes(values.of as Server)) throw new Error(`--of takes one of ${servers.join(', ')}`);
const log = (line: string) => void process.stderr.write(`${line}\n`);
const report = await runOutage({ of: values.of as Server, minutes: Number(values.minutes), log });
const write = (line: string) => void process.stdout.write(`${line}\n`);
write(`${values.of} away for ${values.minutes} minutes: ${report.accepted} events accepted`);
write(`answers (0: none): ${[...report.answers].map(([status, count]) => `${status}: ${count}`).join(', ')}`);
write(`everything done ${(report.resumedAfterMs / 1000).toFixed(0)} s after its return`);
for (const [sample, value] of report.peaks) if (value > 0) write(`at most: ${sample} ${value.toFixed(0)}`);
for (const violation of report.violations) write(`VIOLATION ${violation}`);
write(report.violations.length === 0 ? 'all held' : `${report.violations.length} violations`);
process.exitCode = report.violations.length === 0 ? 0 : 1;
