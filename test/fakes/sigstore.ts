/** A Sigstore on a loopback port: the handlers of `@sigstore/mock` (a CA, a certificate log, a timestamp authority), and Rekor v1 and v2. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { fulcioHandler, initializeCA, initializeCTLog, initializeTSA, tsaHandler } from '@sigstore/mock';
import { type FakeAnswer, startHttpServer } from './http-server.ts';
import { createRekor } from './rekor.ts';

export interface FakeSigstore {
  readonly url: string;
  /** trusted_root.json */
  readonly trustedRoot: string;
  /** A signing config with these services. */
  signingConfig(services: { readonly rekor?: 1 | 2; readonly tsa?: boolean }): string;
  /** From now on this path answers with the status; 200 as before. `broken`: the connection ends. */
  fail(path: keyof typeof paths, status: number | 'broken'): void;
  stop(): Promise<void>;
}

const paths = {
  ca: '/api/v2/signingCert',
  rekor1: '/api/v1/log/entries',
  rekor2: '/api/v2/log/entries',
  tsa: '/api/v1/timestamp',
} as const;

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const start = '2020-01-01T00:00:00Z';
const base64 = (bytes: ArrayBufferView | Buffer) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** A token for `subject`, unsigned: this CA believes anybody. `exp`: seconds since 1970; without it, it never ends. */
export function unsignedToken(subject: string, issuer = 'https://issuer.example', exp?: number): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ iss: issuer, sub: subject, email: subject, email_verified: true, aud: 'sigstore', exp })}.c2ln`;
}

/** `certificatesLate`: milliseconds by which certificates begin after what the timestamp authority says. */
export async function startSigstore({ certificatesLate = 0 } = {}): Promise<FakeSigstore> {
  const failures = new Map<string, number | 'broken'>();
  type Handler = ReturnType<typeof tsaHandler>;
  const handlers = new Map<string, Handler['fn']>();
  const logs = new Map<string, (body: Buffer) => FakeAnswer>();
  const server = await startHttpServer(async ({ path, body }) => {
    const failure = failures.get(path);
    if (failure === 'broken') throw new Error('the connection ends');
    if (failure !== undefined) return { status: failure, body: { message: 'not now' } };
    const log = logs.get(path);
    if (log !== undefined) return log(body);
    const handler = handlers.get(path);
    if (handler === undefined) return { status: 404, body: {} };
    const { statusCode, response, contentType = 'application/json' } = await handler(body.toString());
    const bytes = typeof response === 'string' ? Buffer.from(response) : Buffer.from(base64(response), 'base64');
    return { status: statusCode, body: bytes, headers: { 'content-type': contentType } };
  });
  const url = `http://${server.host}`;
  const ctlog = await initializeCTLog(pair());
  // Whole seconds: the mock writes fractions that its own library does not read. Certificates begin at the clock.
  const clock = new Date(Math.floor(Date.now() / 1000) * 1000);
  const ca = await initializeCA(pair(), ctlog, new Date(clock.getTime() + certificatesLate));
  const rekor = createRekor(server.host);
  // Its own certificates begin when they are made, which a busy machine may take seconds to come to.
  const tsa = await initializeTSA(pair(), new Date(clock.getTime() + 30_000));
  for (const { path, fn } of [fulcioHandler(ca), tsaHandler(tsa)]) handlers.set(path, fn);
  logs.set(paths.rekor1, rekor.createV1).set(paths.rekor2, rekor.createV2);
  const log = (publicKey: Buffer, baseUrl: string) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(publicKey), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start } },
    logId: { keyId: createHash('sha256').update(publicKey).digest('base64') },
  });
  const authority = (...chain: ArrayBufferView[]) => ({
    subject: { organization: 'sigstore.mock', commonName: 'mock' },
    uri: url,
    certChain: { certificates: chain.map((certificate) => ({ rawBytes: base64(certificate) })) },
    validFor: { start },
  });
  return {
    url,
    trustedRoot: JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [log(rekor.publicKey, url)],
      ctlogs: [log(ctlog.publicKey, url)],
      certificateAuthorities: [authority(ca.rootCertificate)],
      timestampAuthorities: [authority(tsa.intCertificate, tsa.rootCertificate)],
    }),
    signingConfig: ({ rekor: version, tsa: hasTsa }) => {
      const service = (address: string, majorApiVersion: number) => [
        { url: address, majorApiVersion, validFor: { start }, operator: 'mock' },
      ];
      return JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
        caUrls: service(url, 1),
        rekorTlogUrls: version === undefined ? [] : service(url, version),
        tsaUrls: hasTsa === true ? service(`${url}${paths.tsa}`, 1) : [],
        ...(version === undefined ? {} : { rekorTlogConfig: { selector: 'ANY' } }),
        ...(hasTsa === true ? { tsaConfig: { selector: 'ANY' } } : {}),
      });
    },
    fail: (path, status) => void (status === 200 ? failures.delete(paths[path]) : failures.set(paths[path], status)),
    stop: server.stop,
  };
}
