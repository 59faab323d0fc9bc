/** A registry whose configured name and the names in its own answers are spelt differently, and are the same. */
import { describe, expect, it } from 'vitest';
import type { Egress } from '../../../../adapters/egress/egress.ts';
import type { EgressBody } from '../../../../adapters/egress/egress-body.ts';
import { createRegistrySession } from '../../../../adapters/oci/registry-session.ts';
import { basicAuthorization, fetchToken } from '../../../../adapters/oci/registry-token.ts';

const body = { json: async () => ({ token: 'abc' }) } as EgressBody;
const egress = {
  send: async ({ url }) => ({ status: 200, headers: {}, url, body }),
  close: async () => undefined,
} satisfies Egress;

describe.each([
  ['registry.example.com:443', 'https://registry.example.com'],
  ['localhost:80', 'http://localhost'],
  ['Registry.Example.com', 'https://registry.example.com'],
])('%s', (host, address) => {
  it('takes its own addresses, whole and without a host', () => {
    const { resolve } = createRegistrySession({ host, egress });
    // Behind a proxy it may see another scheme.
    const plain = address.replace('https:', 'http:');
    for (const at of ['', address, plain]) {
      const location = `${at}/v2/shop/blobs/uploads/1?a=b`;
      expect(new URL(resolve(location)).href).toBe(`${address}/v2/shop/blobs/uploads/1?a=b`);
    }
    expect(() => resolve('https://other.example/v2/')).toThrow('points to another host (other.example)');
  });

  it('gives tokens itself', async () => {
    const ask = (realm: string, realmHosts: string[] = []) =>
      fetchToken(
        egress,
        { scheme: 'bearer', realm: new URL(realm), service: undefined },
        { scope: '', basic: basicAuthorization({ username: 'ann', password: 'secret' }), host, realmHosts },
      );
    expect(await ask(`${address}/token`)).toMatchObject({ authorization: 'Bearer abc' });
    expect(await ask('https://auth.example/token', ['auth.example:443'])).toMatchObject({});
    await expect(ask('https://auth.example/token', ['auth.example:80'])).rejects.toThrow('for a token');
    await expect(ask('https://auth.example:8443/token')).rejects.toThrow('for a token');
  });
});
