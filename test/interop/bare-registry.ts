import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { registryWithoutUsers as registry } from '../../infra/dev/parts/registry.ts';
import { openPortClaims } from '../../infra/dev/process/port-claims.ts';
import { startProcess } from '../../infra/dev/process/start-process.ts';
import { stopProcess } from '../../infra/dev/process/stop-process.ts';
import { createStackHome, stackHome } from '../../infra/dev/stack-home.ts';

/** The stack's CNCF registry alone, on a free port, in `folder`; its webhooks go nowhere. */
export async function startBareRegistry(folder: string): Promise<{ host: string; stop(): Promise<void> }> {
  const home = stackHome(path.join(folder, 'stack'));
  await createStackHome(home);
  await writeFile(home.webhookSecretFile, 'nobody-listens', { mode: 0o600 });
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const cacheDir = process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique');
  const installed = await registry.install({ cacheDir, log, signal: AbortSignal.timeout(240_000) });
  using claims = openPortClaims();
  const ports = await claims.allocate({ main: 0 });
  const nowhere = 'http://127.0.0.1:9';
  const connection = {
    databaseUrl: '',
    kafkaBrokers: '',
    temporalAddress: '',
    temporalNamespace: '',
    temporalUi: '',
    registry: '',
    gatewayUrl: nowhere,
  };
  const launch = await installed.configure({ home, ports, connection, log });
  if (launch === undefined) throw new Error('the registry part starts nothing');
  const { identity: leader } = await startProcess(launch, home.logFile('registry'));
  for (let tries = 0; tries < 100; tries++) {
    const failure = await registry.checkHealth({ ports, connection }).catch((error: unknown) => error);
    if (failure === undefined)
      return { host: registry.address(ports), stop: async () => void (await stopProcess(leader, 'SIGTERM', 5_000)) };
    await sleep(100);
  }
  await stopProcess(leader, 'SIGTERM', 5_000);
  throw new Error('the registry did not become healthy within ten seconds');
}
