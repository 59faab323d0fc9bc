/** GitHub's API, played on a loopback port: places, pages, bundles inside and beside, and what must not be followed. */
import { afterEach, describe, expect, it } from 'vitest';
import { openGithub, parseGithubPlace } from '../../../../adapters/github/fetch-attestations.ts';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { type FakeAnswer, type FakeCall, startHttpServer } from '../../../fakes/http-server.ts';
import { literalSnappy } from '../../../fakes/literal-snappy.ts';
import { patient } from '../../../patience.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function play(answer: (call: FakeCall, host: string) => FakeAnswer) {
  const calls: FakeCall[] = [];
  let host = '';
  const server = await startHttpServer((call) => {
    calls.push(call);
    return answer(call, host);
  });
  host = server.host;
  stops.push(server.stop);
  return { host, calls };
}

async function fetchFrom(host: string, place = 'acme/shop', bundleHosts: string[] = []): Promise<unknown[]> {
  const github = openGithub({ api: `http://${host}`, token: 'secret-token', bundleHosts, timeouts: patient });
  try {
    const bundles = await github.attestationsOf(parseGithubPlace(place), digest);
    return bundles.map((bytes) => JSON.parse(Buffer.from(bytes).toString()) as unknown);
  } finally {
    await github.close();
  }
}
const page = (...attestations: object[]): FakeAnswer => ({ status: 200, body: { attestations } });

it('asks the repository by digest, with the token, page after page', async () => {
  const { host, calls } = await play(({ path }, own) =>
    path.includes('after=2')
      ? page({ bundle: { second: true } })
      : {
          ...page({ bundle: { first: true }, repository_id: 1 }),
          headers: {
            link: `<http://${own}/x?before=1>; rel="prev", <http://${own}${path}&after=2>; rel="next"`,
          },
        },
  );
  expect(await fetchFrom(host)).toEqual([{ first: true }, { second: true }]);
  const address = `/repos/acme/shop/attestations/${digest}?per_page=100`;
  expect(calls.map(({ path }) => path)).toEqual([address, `${address}&after=2`]);
  expect(calls[1]?.headers).toMatchObject({ authorization: 'Bearer secret-token' });
});

it('fetches a bundle that is kept elsewhere, without the token', async () => {
  const storage = await play(() => ({ status: 200, body: literalSnappy(Buffer.from('{"stored":true}')) }));
  const { host } = await play(() => page({ bundle: null, bundle_url: `http://${storage.host}/b.sn?signature=s` }));
  expect(await fetchFrom(host, 'acme/shop', [storage.host])).toEqual([{ stored: true }]);
  expect(storage.calls[0]?.headers.authorization).toBeUndefined();
});

it('asks an organization, and a user where there is none of that name', async () => {
  const { host, calls } = await play(({ path }) =>
    path.startsWith('/users/') ? page({ bundle: { of: 'a user' } }) : { status: 404, body: {} },
  );
  expect(await fetchFrom(host, 'acme')).toEqual([{ of: 'a user' }]);
  expect(calls.map(({ path }) => path.split('/')[1])).toEqual(['orgs', 'users']);
});

it('none is no error', async () => {
  const { host } = await play(() => ({ status: 404, body: {} }));
  expect(await fetchFrom(host)).toEqual([]);
});

describe('refused, without the token in the message', () => {
  it.each<[string, string, (call: FakeCall, host: string) => FakeAnswer]>([
    ['a wrong token', 'GITHUB_DENIED', () => ({ status: 401, body: {} })],
    [
      'too many requests',
      'GITHUB_UNAVAILABLE',
      () => ({ status: 403, body: {}, headers: { 'x-ratelimit-remaining': '0' } }),
    ],
    ['requests too close', 'GITHUB_UNAVAILABLE', () => ({ status: 403, body: {}, headers: { 'retry-after': '60' } })],
    ['an outage', 'GITHUB_UNAVAILABLE', () => ({ status: 502, body: {} })],
    ['something else', 'GITHUB_ANSWER_INVALID', () => ({ status: 200, body: { message: 'hello' } })],
    ['an attestation without a bundle', 'GITHUB_ANSWER_INVALID', () => page({})],
    [
      'a bundle at an address that was not configured',
      'GITHUB_ANSWER_INVALID',
      () => page({ bundle_url: 'http://169.254.169.254/latest/meta-data' }),
    ],
    ['a bundle in a file', 'GITHUB_ANSWER_INVALID', () => page({ bundle_url: 'file:///etc/passwd' })],
    [
      'a bundle that is no Snappy block',
      'GITHUB_ANSWER_INVALID',
      ({ path }, host) =>
        path === '/b' ? { status: 200, body: Buffer.from('ff', 'hex') } : page({ bundle_url: `http://${host}/b` }),
    ],
    [
      'a next page at another host',
      'GITHUB_ANSWER_INVALID',
      () => ({ ...page(), headers: { link: '<http://203.0.113.1/>; rel="next"' } }),
    ],
    [
      'pages without an end',
      'GITHUB_ANSWER_INVALID',
      ({ path }, host) => ({ ...page(), headers: { link: `<http://${host}${path}>; rel="next"` } }),
    ],
    [
      'a redirect to another host',
      'GITHUB_ANSWER_INVALID',
      () => ({ status: 302, body: '', headers: { location: 'https://203.0.113.1/' } }),
    ],
  ])('%s', async (_name, code, answer) => {
    const { host } = await play(answer);
    const error: unknown = await fetchFrom(host).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'GithubError', code });
    expect(String(error)).not.toContain('secret-token');
  });

  it.each(['', 'acme/', '/shop', 'acme/shop/x', 'acme/..', '../x', 'a b/c', `${'a'.repeat(40)}/x`])(
    'the place "%s"',
    (place) => {
      expect(() => parseGithubPlace(place)).toThrow(expect.objectContaining({ code: 'GITHUB_PLACE_INVALID' }) as Error);
    },
  );
});
