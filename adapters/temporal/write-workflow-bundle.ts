/** A process for bundling alone: `node write-workflow-bundle.ts <file>`. What webpack takes, 170 MB, goes with it. */
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { bundleWorkflows } from './workflow-bundle.ts';

const file = process.argv[2];
if (file === undefined) throw new TypeError('say where the bundle goes');
const { code } = await bundleWorkflows(new URL('../../workflows/all.ts', import.meta.url));
await writeFile(file, code, { mode: 0o600 });
