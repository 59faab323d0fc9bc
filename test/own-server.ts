/** A server of infra/dev for one test file alone, started otherwise than the stack starts it: with TLS, with users. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Launch, Part } from '../infra/dev/part.ts';
import { openPortClaims } from '../infra/dev/process/port-claims.ts';
import { isSameProcessAlive } from '../infra/dev/process/process-identity.ts';
import { startProcess } from '../infra/dev/process/start-process.ts';
import { stopProcess } from '../infra/dev/process/stop-process.ts';
import { ensureSecrets } from '../infra/dev/secrets.ts';
import { connectionOf } from '../infra/dev/stack-connection.ts';
import { createStackHome, type StackHome, stackHome } from '../infra/dev/stack-home.ts';

const READY_WITHIN_MS = 60_000;
const STOP_MS = 5000;

export interface OwnServer extends AsyncDisposable {
  readonly home: StackHome;
  readonly ports: Readonly<Record<string, number>>;
}

/** `adjust` changes what was configured; `isReady` throws until the server answers. */
export async function startOwnServer(
  part: Part,
  adjust: (configured: {
    readonly launch: Launch;
    readonly home: StackHome;
    readonly ports: Readonly<Record<string, number>>;
  }) => Promise<Launch>,
  isReady: (server: Pick<OwnServer, 'home' | 'ports'>) => Promise<unknown>,
): Promise<OwnServer> {
  const dir = await mkdtemp(join(tmpdir(), 'pratique-own-'));
  await chmod(dir, 0o711);
  const home = stackHome(dir);
  await createStackHome(home);
  await ensureSecrets(home);
  using claims = openPortClaims();
  const ports = await claims.allocate(Object.fromEntries(Object.keys(part.ports).map((role) => [role, 0])));
  const connection = await connectionOf(home, new Map([[part.name, ports]]), undefined);
  const cacheDir = process.env.PRATIQUE_CACHE_DIR ?? join(homedir(), '.cache', 'pratique');
  const log = () => undefined;
  const installed = await part.install({ cacheDir, log, signal: AbortSignal.timeout(READY_WITHIN_MS) });
  const launch = await installed.configure({ home, ports, connection, log });
  if (launch === undefined) throw new Error(`${part.name} is somebody else's`);
  const { identity } = await startProcess(await adjust({ launch, home, ports }), home.logFile(part.name));
  const server = {
    home,
    ports,
    async [Symbol.asyncDispose]() {
      await stopProcess(identity, part.stopSignal, STOP_MS);
      await rm(home.dataDir(part.name), { recursive: true, force: true });
      await rm(dir, { recursive: true, force: true });
    },
  };
  for (const started = Date.now(); ; await delay(100))
    try {
      await isReady(server);
      return server;
    } catch (error) {
      if (isSameProcessAlive(identity) && Date.now() - started < READY_WITHIN_MS) continue;
      await server[Symbol.asyncDispose]();
      throw error;
    }
}
