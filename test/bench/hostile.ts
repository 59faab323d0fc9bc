/**
 * `npm run bench:hostile [-- --only TEXT]`: all layers made to break a reader, also those that take many seconds, each read by
 * the command as a process. Prints memory and time of each; ends with 1 where one is not as it should be.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { heavyLayers, hostileLayers } from '../cli/hostile/hostile-layers.ts';
import { judgeRow } from '../cli/hostile/judge-row.ts';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });

process.stdout.write('| what | memory | time, making it included |\n| --- | ---: | ---: |\n');
for (const row of [...hostileLayers, ...heavyLayers]) {
  if (!row.name.includes(values.only)) continue;
  const folder = mkdtempSync(path.join(tmpdir(), 'pratique-bench-hostile-'));
  const from = performance.now();
  try {
    const { faults, peak } = await judgeRow(row, folder);
    const seconds = (performance.now() - from) / 1000;
    process.stdout.write(
      `| ${[row.name, ...faults].join('; ')} | ${peak.toFixed(0)} MiB | ${seconds.toFixed(1)} s |\n`,
    );
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.stdout.write(
  `load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}\n`,
);
