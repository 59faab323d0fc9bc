/**
 * `npm run record-histories`: plays every scenario on a real Temporal server and keeps its history. Run it when a
 * workflow gains a version, before that is released; `-- <name>` records one. Older files stay: they are what runs.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { startTestInfra } from '../infra.ts';
import { writeWorkflowBundle } from '../workflow/bundle-setup.ts';
import { openStage } from '../workflow/workflow-stage.ts';
import { recordHistory, scenarios } from './scenarios.ts';

const folder = path.join(import.meta.dirname, 'histories');
const wanted = process.argv.slice(2);
const chosen = Object.entries(scenarios).filter(([name]) => wanted.length === 0 || wanted.includes(name));
const servers = await startTestInfra();
const bundle = await writeWorkflowBundle();
const stage = await openStage(servers.infra.temporalAddress, bundle);
await mkdir(folder, { recursive: true });
for (const [name, scenario] of chosen) {
  await writeFile(path.join(folder, `${name}.json`), await recordHistory(stage, scenario));
  process.stdout.write(`recorded ${name}\n`);
}
await stage.close();
await bundle.remove();
await servers.stop();
