/** A whole Sigstore on loopback: an OpenID Connect issuer, Fulcio, Rekor v2 on a folder, a timestamp authority. */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPortClaims } from '../../infra/dev/process/port-claims.ts';
import { startHttpServer } from '../fakes/http-server.ts';
import { goProgram } from './go-program.ts';

export interface SigstorePrograms {
  readonly fulcio: string;
  readonly rekor: string;
  readonly timestampServer: string;
}

/** Undefined where Go cannot build one of them. */
export function buildSigstore(): SigstorePrograms | undefined {
  const fulcio = goProgram('fulcio', 'v1.8.8', 'github.com/sigstore/fulcio');
  const rekor = goProgram('rekor-server-posix', 'v2.3.0', 'github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix');
  const timestampServer = goProgram(
    'timestamp-server',
    'v2.0.3',
    'github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server',
  );
  if (fulcio === undefined || rekor === undefined || timestampServer === undefined) return undefined;
  return { fulcio, rekor, timestampServer };
}

export interface LocalSigstore {
  readonly issuer: string;
  /** Arguments of `cosign trusted-root create` and `cosign signing-config create` for it. */
  readonly trustedRootArguments: readonly string[];
  readonly signingConfigArguments: readonly string[];
  token(email: string): string;
  /** The log goes away, and comes back with what it had. */
  stopLog(): Promise<void>;
  startLog(): Promise<void>;
  stop(): Promise<void>;
}

/** RS256 tokens for anybody, with the documents OpenID Connect Discovery asks for. */
async function startIssuer() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let issuer = '';
  const server = await startHttpServer(({ path: asked }) => {
    if (asked === '/keys')
      return {
        status: 200,
        body: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1', alg: 'RS256', use: 'sig' }] },
      };
    const body = {
      ...{
        issuer,
        jwks_uri: `${issuer}/keys`,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
      },
      ...{ response_types_supported: ['id_token'], subject_types_supported: ['public'] },
      id_token_signing_alg_values_supported: ['RS256'],
    };
    return { status: 200, body };
  });
  // Fulcio takes plain HTTP of localhost, by name.
  issuer = `http://localhost:${server.host.split(':')[1]}`;
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = (email: string) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      sub: email,
      aud: 'sigstore',
      email,
      email_verified: true,
      iat: now,
      nbf: now - 5,
      exp: now + 600,
    };
    const signed = `${part({ alg: 'RS256', kid: '1', typ: 'JWT' })}.${part(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  };
  return { issuer, token, stop: server.stop };
}

async function answers(url: string): Promise<string> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return answer.text();
    await sleep(200);
  }
  throw new Error(`${url} does not answer`);
}

export async function startLocalSigstore(programs: SigstorePrograms, folder: string): Promise<LocalSigstore> {
  const wanted = { fulcio: 0, fulcioGrpc: 0, fulcioMetrics: 0, tsa: 0, rekor: 0, rekorGrpc: 0, rekorMetrics: 0 };
  using claims = openPortClaims();
  const ports = await claims.allocate(wanted);
  const issuer = await startIssuer();
  const children: ChildProcess[] = [];
  const start = (program: string, ...args: string[]) => {
    const log = openSync(path.join(folder, `${path.basename(program)}.log`), 'a');
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', log, log] });
    children.push(child);
    closeSync(log);
    return child;
  };
  const write = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  // As JSON it would be read under other names.
  const config = `oidc-issuers:\n  ${issuer.issuer}:\n    issuer-url: ${issuer.issuer}\n    client-id: sigstore\n    type: email\n`;
  const host = ['--host', '127.0.0.1'];
  start(
    programs.fulcio,
    ...['serve', '--ca', 'ephemeralca', '--ct-log-url', '', ...host],
    ...['--config-path', write('fulcio.yaml', config), '--port', `${ports.fulcio}`],
    ...['--grpc-port', `${ports.fulcioGrpc}`, '--metrics-port', `${ports.fulcioMetrics}`],
  );
  start(programs.timestampServer, 'serve', ...host, '--port', `${ports.tsa}`, '--timestamp-signer', 'memory');
  const rekorKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  mkdirSync(path.join(folder, 'tiles'));
  const signer = write('rekor.key', rekorKey.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  const startRekor = () =>
    start(
      programs.rekor,
      ...['serve', '--hostname', 'localhost', '--checkpoint-interval', '2s', '--signer-filepath', signer],
      ...['--storage-dir', path.join(folder, 'tiles'), '--http-port', `${ports.rekor}`],
      ...['--grpc-port', `${ports.rekorGrpc}`, '--http-metrics-port', `${ports.rekorMetrics}`],
    );
  let log = startRekor();
  const [fulcio, tsa, rekor] = [ports.fulcio, ports.tsa, ports.rekor].map((port) => `http://localhost:${port}`);
  const bundle = JSON.parse(await answers(`${fulcio}/api/v2/trustBundle`)) as { chains: { certificates: string[] }[] };
  const fulcioChain = write('fulcio.pem', bundle.chains[0]?.certificates.join('\n') ?? '');
  const tsaChain = write('tsa.pem', await answers(`${tsa}/api/v1/timestamp/certchain`));
  const rekorPublic = write('rekor.pub', rekorKey.publicKey.export({ format: 'pem', type: 'spki' }).toString());
  await answers(`${rekor}/healthz`);
  const since = 'start-time=2024-01-01T00:00:00Z';
  const none = ['--no-default-fulcio', '--no-default-rekor', '--no-default-ctfe', '--no-default-tsa'];
  return {
    issuer: issuer.issuer,
    token: issuer.token,
    trustedRootArguments: [
      ...['trusted-root', 'create', ...none, `--fulcio=url=${fulcio},certificate-chain=${fulcioChain}`],
      ...[`--tsa=url=${tsa}/api/v1/timestamp,certificate-chain=${tsaChain}`],
      `--rekor=url=${rekor},public-key=${rekorPublic},${since},origin=localhost`,
    ],
    signingConfigArguments: [
      ...['signing-config', 'create', '--rekor-config=ANY', '--tsa-config=ANY'],
      `--fulcio=url=${fulcio},api-version=1,${since},operator=local`,
      `--rekor=url=${rekor},api-version=2,${since},operator=local`,
      `--tsa=url=${tsa}/api/v1/timestamp,api-version=1,${since},operator=local`,
      `--oidc-provider=url=${issuer.issuer},api-version=1,${since},operator=local`,
    ],
    async stopLog() {
      const ended = once(log, 'exit');
      log.kill('SIGKILL');
      await ended;
    },
    async startLog() {
      log = startRekor();
      await answers(`${rekor}/healthz`);
    },
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      await issuer.stop();
    },
  };
}
