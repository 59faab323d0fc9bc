/**
 * What is made to crash, hang, take all memory or look clean, read by the command as its users run it: it ends, takes less than
 * 512 MiB, and says what it could not read and why. Layers are made as they are read.
 */
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { hostileLayers } from './hostile/hostile-layers.ts';
import { judgeRow } from './hostile/judge-row.ts';

test.each(hostileLayers)('$name', async (row) => {
  expect((await judgeRow(row, temporaryFolder('pratique-hostile-'))).faults).toEqual([]);
});
