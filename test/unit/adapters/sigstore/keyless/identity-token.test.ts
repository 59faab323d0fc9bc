/** Where tokens come from, each against a server or a file of its own; and what is wrong with them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readIdentityToken, type Surroundings } from '../../../../../adapters/sigstore/keyless/identity-token.ts';
import { type FakeAnswer, type FakeCall, startHttpServer } from '../../../../fakes/http-server.ts';
import { hasty, patient } from '../../../../patience.ts';

const now = () => new Date('2026-01-01T00:00:00Z');
const seconds = now().getTime() / 1000;
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (claims: object) =>
  `${part({ alg: 'RS256' })}.${part({ iss: 'https://issuer.example', aud: 'sigstore', exp: seconds + 600, ...claims })}.c2ln`;
const good = tokenOf({});
const noFile = () => Promise.reject(new Error('ENOENT'));

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const read = (given: string | undefined, surroundings: Partial<Surroundings> = {}) =>
  readIdentityToken(given, {
    ...{ env: {}, readFile: noFile, now, timeouts: patient },
    ...surroundings,
  });

async function github(answer: (call: FakeCall) => FakeAnswer) {
  const server = await startHttpServer(answer);
  stops.push(server.stop);
  const address = `http://${server.host}/token?api-version=2.0`;
  return { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token' };
}

describe('GitHub Actions', () => {
  it('is asked for the audience, with its own token', async () => {
    const calls: FakeCall[] = [];
    const env = await github((call) => {
      calls.push(call);
      return { status: 200, body: { count: 1, value: good } };
    });
    expect(await read(undefined, { env })).toBe(good);
    expect(calls).toMatchObject([
      { path: '/token?api-version=2.0&audience=sigstore', headers: { authorization: 'Bearer request-token' } },
    ]);
  });

  it.each<[string, FakeAnswer, string]>([
    ['a token for somebody else', { status: 200, body: { value: tokenOf({ aud: 'aws' }) } }, 'TOKEN_AUDIENCE'],
    ['an expired token', { status: 200, body: { value: tokenOf({ exp: seconds - 3600 }) } }, 'TOKEN_EXPIRED'],
    ['no token', { status: 200, body: { value: 'none' } }, 'TOKEN_INVALID'],
    ['something else', { status: 200, body: [] }, 'TOKEN_INVALID'],
    ['no permission', { status: 403, body: {} }, 'TOKEN_UNAVAILABLE'],
    ['an endless answer', { status: 200, body: { value: 'x'.repeat(10_000_000) } }, 'TOKEN_UNAVAILABLE'],
    [
      'a redirect to another host',
      { status: 302, body: '', headers: { location: 'https://203.0.113.1/' } },
      'TOKEN_UNAVAILABLE',
    ],
  ])('%s is refused', async (_name, answer, code) => {
    const env = await github(() => answer);
    const error: unknown = await read(undefined, { env }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'KeylessError', code });
    expect(String(error)).not.toContain('request-token');
  });

  it('that never ends its answer is given up', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't',
    };
    await expect(read(undefined, { env, timeouts: hasty })).rejects.toMatchObject({ code: 'TOKEN_UNAVAILABLE' });
  });
});

describe.each<[string, (token: string) => Promise<string>]>([
  ['given', (token) => read(token)],
  ['given as a file', (token) => read('token.jwt', { readFile: async () => `${token}\n` })],
  ['given as a file that is named like a token', (token) => read('ci.oidc.token', { readFile: async () => token })],
  ['of GitLab (SIGSTORE_ID_TOKEN)', (token) => read(undefined, { env: { SIGSTORE_ID_TOKEN: token } })],
  [
    'of Kubernetes (a projected file)',
    (token) =>
      read(undefined, {
        readFile: async (file) => (file === '/var/run/sigstore/cosign/oidc-token' ? token : noFile()),
      }),
  ],
])('a token %s', (_name, from) => {
  it.each<[string, string]>([
    ['for Sigstore', good],
    ['for Sigstore and others', tokenOf({ aud: ['aws', 'sigstore'] })],
    ['that never ends', tokenOf({ exp: undefined })],
    ['that ended a minute ago, by this clock', tokenOf({ exp: seconds - 60 })],
  ])('%s is taken', async (_what, token) => {
    expect(await from(token)).toBe(token);
  });

  it.each<[string, string, string]>([
    ['for somebody else', tokenOf({ aud: 'https://kubernetes.default.svc' }), 'TOKEN_AUDIENCE'],
    ['for nobody', tokenOf({ aud: undefined }), 'TOKEN_AUDIENCE'],
    ['that expired', tokenOf({ exp: seconds - 301 }), 'TOKEN_EXPIRED'],
    ['without an issuer', tokenOf({ iss: undefined }), 'TOKEN_INVALID'],
    ['that is endless', tokenOf({ more: 'x'.repeat(70_000) }), 'TOKEN_INVALID'],
  ])('%s is refused, and not quoted', async (_what, token, code) => {
    const error: unknown = await from(token).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'KeylessError', code });
    expect(String(error)).not.toContain(token.slice(0, 30));
  });
});

it('a file is read anew each time', async () => {
  const tokens = [good, tokenOf({ sub: 'renewed' })];
  const readFile = async () => tokens.shift() ?? '';
  expect(await read('token.jwt', { readFile })).toBe(good);
  expect(await read('token.jwt', { readFile })).toContain(part({ alg: 'RS256' }));
  expect(tokens).toEqual([]);
});

it('nobody: says where a token may come from', async () => {
  await expect(read(undefined)).rejects.toMatchObject({ code: 'TOKEN_MISSING' });
});
