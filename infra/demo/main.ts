/** `npm run demo`: the main job on real input, from push to production, then an incident and its rebuild. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { leakBuilderKey } from './chapters/leaked-key.ts';
import { enterWithoutProvenance } from './chapters/no-provenance.ts';
import { summarise } from './chapters/summary.ts';
import { promoteTrustedImage } from './chapters/trusted-image.ts';
import { stopVulnerableImage } from './chapters/vulnerable-image.ts';
import { createApi, createPeople, setStage, startBuild, startStack } from './stage.ts';
import type { Story } from './story.ts';
import { createTeller } from './teller.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = join(ROOT, 'pratique');
const keep = process.argv.includes('--keep');

async function main(): Promise<void> {
  const started = Date.now();
  const folder = process.env.PRATIQUE_DEMO_HOME ?? join(ROOT, '.pratique-demo');
  // What an earlier run left running.
  if (existsSync(folder)) await stopStack(folder);
  const stage = await setStage(folder);
  // Logins that other stacks on this machine left for the same addresses are not for this one.
  const logins = join(folder, 'docker');
  const teller = createTeller({ PRATIQUE_HOME: folder, NO_COLOR: '1', DOCKER_CONFIG: logins });
  process.stdout.write(
    `${pc.bold('Pratique')}: the licence a ship gets to enter a port. A story in five chapters, on real servers and real packages.\n`,
  );
  const cache = 'PRATIQUE_CACHE_DIR, else ~/.cache/pratique';
  process.stdout.write(pc.dim(`Everything lies in ${folder}, and what is fetched in the cache folder (${cache}).\n\n`));
  try {
    await startStack(stage, LAUNCHER);
    const people = await createPeople(teller, stage);
    const api = await createApi(stage);
    teller.say(
      'Scans are as fresh as the feeds of advisories that are brought in. Here, the records of this release are one:',
    );
    await teller.run(['advisories', 'sync', '--from', 'infra/advisories'], people.olga);
    const build = (name: keyof Story['builds']) => startBuild({ teller, stage, people }, name, api.connection.registry);
    // All at once: what is told first takes longest.
    const story = {
      teller,
      stage,
      api,
      people,
      builds: { shop: build('shop'), legacy: build('legacy'), clock: build('clock') },
    };
    await promoteTrustedImage(story);
    await stopVulnerableImage(story);
    await enterWithoutProvenance(story);
    await leakBuilderKey(story);
    await summarise(story, { seconds: Math.round((Date.now() - started) / 1000), keep, folder });
  } finally {
    if (!keep) {
      await stopStack(folder);
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function stopStack(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(LAUNCHER, ['down'], { env: { ...process.env, PRATIQUE_HOME: folder }, stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', () => resolve());
  });
}

main().catch((error: unknown) => {
  process.stderr.write(
    `\n${pc.red('The demo broke off')}: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  if (keep) process.stderr.write('The stack is left running (--keep): its logs are in .pratique-demo/logs\n');
  process.exitCode = 1;
});
