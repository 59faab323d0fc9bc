import { spawn } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPortClaims } from '../../infra/dev/process/port-claims.ts';

/** go-containerregistry's registry (`crane registry serve`), which has the referrers API, in memory on a free port. */
export async function startReferrersRegistry(): Promise<{ host: string; stop(): Promise<void> }> {
  using claims = openPortClaims();
  const { main } = await claims.allocate({ main: 0 });
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
