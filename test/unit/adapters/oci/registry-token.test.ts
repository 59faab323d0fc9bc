/** What token servers answer: the distribution specification's token, OAuth's, and how long each lasts. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Egress } from '../../../../adapters/egress/egress.ts';
import type { EgressBody } from '../../../../adapters/egress/egress-body.ts';
import { fetchToken } from '../../../../adapters/oci/registry-token.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

function ask(answer: unknown) {
  const body = { json: async () => answer } as EgressBody;
  const egress = {
    send: async ({ url }) => ({ status: 200, headers: {}, url, body }),
    close: async () => undefined,
  } satisfies Egress;
  return fetchToken(
    egress,
    { scheme: 'bearer', realm: new URL('https://a.example/token'), service: undefined },
    { scope: 'repository:shop:pull', basic: undefined, host: 'a.example', realmHosts: [] },
  );
}

const minutes = (count: number) => count * 60_000;
it.each<[string, object, number]>([
  ['says nothing about its end', { token: 'abc' }, minutes(0.9)],
  ['ends after five minutes', { token: 'abc', expires_in: 300 }, minutes(4.5)],
  // Harbor's token_expiration is in minutes, as many as people like.
  ['ends after a week', { token: 'abc', expires_in: 604_800 }, minutes(0.9 * 24 * 60)],
  ['ends at once', { token: 'abc', expires_in: 0 }, minutes(0.9)],
  ['ends at no number', { token: 'abc', expires_in: '300' }, minutes(0.9)],
  ['is under both names', { token: 'abc', access_token: 'def' }, minutes(0.9)],
  ["is under the distribution specification's name alone", { token: 'abc', access_token: null }, minutes(0.9)],
  ["is under OAuth's name alone", { token: '', access_token: 'abc' }, minutes(0.9)],
])('a token that %s', async (_, answer, expires) => {
  expect(await ask(answer)).toEqual({ authorization: 'Bearer abc', expires });
});

it.each([{}, { token: '' }, { token: null, access_token: '' }, { token: 7 }, [], 'abc'])(
  '%j has none',
  async (answer) => {
    await expect(ask(answer)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  },
);
