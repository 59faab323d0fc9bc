/**
 * What is made to crash, hang, take all memory or look clean, read by the command as its users run it: it ends, takes less than
 * 512 MiB, and says what it could not read and why. Layers are made as they are read.
 */
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { hostileLayers } from './hostile/hostile-layers.ts';
import { judgeReport, reportVerbs } from './hostile/judge-report.ts';
import { judgeRow } from './hostile/judge-row.ts';

test.each(hostileLayers)('$name', async (row) => {
  expect((await judgeRow(row, temporaryFolder('pratique-hostile-'))).faults).toEqual([]);
});

/** `scan` and `diff` read by the same readers; the others of the table are theirs in `npm run bench:hostile`. */
const reported = hostileLayers.filter(({ name }) =>
  /^another digest|^an absolute path|^a link out|^YAML with|^SQLite|^duplicate/.test(name),
);

test.each(reported.flatMap((row) => reportVerbs.map((verb) => ({ name: `${verb}: ${row.name}`, row, verb }))))(
  '$name',
  async ({ row, verb }) => {
    expect((await judgeReport(row, verb, temporaryFolder('pratique-hostile-'))).faults).toEqual([]);
  },
);
