import { spawn } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { allocatePorts } from '../../infra/dev/process/allocate-ports.ts';

/** go-containerregistry's registry (`crane registry serve`), which has the referrers API, in memory on a free port. */
export async function startReferrersRegistry(): Promise<{ host: string; stop(): Promise<void> }> {
  const { main } = await allocatePorts({ main: 0 }, new Set());
  const host = `127.0.0.1:${main}`;
  const child = spawn(process.env.PRATIQUE_CRANE ?? '', ['registry', 'serve', '--address', host], { stdio: 'ignore' });
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answer?.ok) return { host, stop: async () => void child.kill() };
    await sleep(100);
  }
  child.kill();
  throw new Error('the registry did not answer within ten seconds');
}
