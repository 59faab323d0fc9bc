/** Rekor 1 on a Trillian log that is kept in memory, on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPortClaims } from '../../infra/dev/process/port-claims.ts';
import { buildPeer, goProgram } from './go-program.ts';

interface RekorV1Programs {
  readonly rekor: string;
  readonly trillian: string;
}

/** The newest that Go 1.26 builds. */
export const rekorV1 = '1.5.3';

/** Undefined where Go cannot build one of them. */
export function buildRekorV1(): RekorV1Programs | undefined {
  const rekor = goProgram('rekor-server', `v${rekorV1}`, 'github.com/sigstore/rekor/cmd/rekor-server');
  const trillian = buildPeer('trillian-peer');
  return rekor === undefined || trillian === undefined ? undefined : { rekor, trillian };
}

interface RunningRekorV1 {
  /** Arguments of `cosign trusted-root create` and `cosign signing-config create`. */
  readonly trustedRootArgument: string;
  readonly signingConfigArgument: string;
  stop(): void;
}

/** All but the search index, which needs a Redis. */
const ENDPOINTS =
  'getLogInfo,getPublicKey,getLogProof,createLogEntry,getLogEntryByIndex,getLogEntryByUUID,searchLogQuery';

/** Its log's key is kept in `folder`, and so is what it writes. */
export async function startRekorV1({ rekor, trillian }: RekorV1Programs, folder: string): Promise<RunningRekorV1> {
  using claims = openPortClaims();
  const ports = await claims.allocate({ trillian: 0, rekor: 0 });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const write = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const key = write('rekor-v1.key', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  const publicFile = write('rekor-v1.pub', publicKey.export({ format: 'pem', type: 'spki' }).toString());
  const children: ChildProcess[] = [];
  const start = (program: string, ...args: string[]) => {
    const log = openSync(path.join(folder, `${path.basename(program)}.log`), 'a');
    children.push(spawn(program, args, { cwd: folder, stdio: ['ignore', log, log] }));
    closeSync(log);
  };
  start(trillian, `127.0.0.1:${ports.trillian}`);
  const url = `http://localhost:${ports.rekor}`;
  start(
    rekor,
    ...['serve', '--rekor_server.address', '127.0.0.1', '--port', `${ports.rekor}`],
    ...['--rekor_server.hostname', 'localhost', '--rekor_server.signer', key],
    ...['--trillian_log_server.address', '127.0.0.1', '--trillian_log_server.port', `${ports.trillian}`],
    ...['--enable_retrieve_api=false', '--enabled_api_endpoints', ENDPOINTS],
  );
  for (let attempt = 0; ; attempt += 1) {
    const answer = await fetch(`${url}/api/v1/log`).catch(() => undefined);
    if (answer?.ok === true) break;
    if (attempt === 300) throw new Error(`${url} does not answer`);
    await sleep(200);
  }
  const since = 'start-time=2024-01-01T00:00:00Z';
  return {
    trustedRootArgument: `--rekor=url=${url},public-key=${publicFile},${since}`,
    signingConfigArgument: `--rekor=url=${url},api-version=1,${since},operator=local`,
    stop() {
      for (const child of children) child.kill('SIGKILL');
    },
  };
}
