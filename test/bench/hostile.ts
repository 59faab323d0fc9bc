/**
 * `npm run bench:hostile [-- --only TEXT]`: all layers made to break a reader, also those that take many seconds, each read by
 * `sbom`, `scan` and `diff`, a process each. Prints memory, processor time and time of each; ends with 1 where one is not as it
 * should be, or takes more than ten seconds of processor time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { heavyLayers, hostileLayers } from '../cli/hostile/hostile-layers.ts';
import { judgeReport, reportVerbs } from '../cli/hostile/judge-report.ts';
import { type Judgement, judgeRow } from '../cli/hostile/judge-row.ts';

/** Of processor time: what else the machine does is not in it. */
const MOST_SECONDS = 10;

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });

process.stdout.write('| what | memory | processor | time, making it included |\n| --- | ---: | ---: | ---: |\n');
for (const row of [...hostileLayers, ...heavyLayers]) {
  if (!row.name.includes(values.only)) continue;
  await tell(`${row.name}, sbom`, (folder) => judgeRow(row, folder));
  for (const verb of reportVerbs) await tell(`${row.name}, ${verb}`, (folder) => judgeReport(row, verb, folder));
}
process.stdout.write(
  `load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}\n`,
);

async function tell(name: string, judge: (folder: string) => Promise<Judgement>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pratique-bench-hostile-'));
  const from = performance.now();
  try {
    const { faults, peak, cpu } = await judge(folder);
    if (!(cpu <= MOST_SECONDS)) faults.push(`${cpu} s of processor time`);
    const seconds = (performance.now() - from) / 1000;
    process.stdout.write(
      `| ${[name, ...faults].join('; ')} | ${peak.toFixed(0)} MiB | ${cpu.toFixed(1)} s | ${seconds.toFixed(1)} s |\n`,
    );
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
