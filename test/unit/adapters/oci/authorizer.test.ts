import { afterEach, describe, expect, it } from 'vitest';
import { createEgress } from '../../../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry, type OciRegistryOptions } from '../../../../adapters/oci/oci-registry.ts';
import { startFakeRegistry } from '../../../fakes/registry/fake-registry.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
});

async function start(authorization: string, challenge: string, credentials: OciRegistryOptions['credentials']) {
  const realm = await startFakeRegistry();
  const guard = { authorization, challenge: challenge.replace('REALM', `http://${realm.host}/token`) };
  const server = await startFakeRegistry({ guard });
  const egress = createEgress({ configuredHosts: [server.host, realm.host], allowPublicHosts: false });
  opened.push(server, realm, { [Symbol.asyncDispose]: () => egress.close() });
  const options = { host: server.host, egress, lease: createInProcessLease(), realmHosts: [realm.host] };
  const registry = createOciRegistry(credentials === undefined ? options : { ...options, credentials });
  return { registry, server, realm };
}

const basic = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
const ann = { username: 'ann', password: 'secret' };

describe('the first calls', () => {
  it('at once, all learn that a password is wanted', async () => {
    const { registry } = await start(basic, 'Basic realm="fake"', ann);
    expect(await Promise.all(Array.from({ length: 8 }, () => registry.listTags('shop')))).toEqual(
      Array.from({ length: 8 }, () => []),
    );
  });

  it('at once, share one token', async () => {
    const { registry, realm } = await start('Bearer abc', 'Bearer realm="REALM",service="fake"', ann);
    realm.switches.failNext.push({ status: 200, body: '{"token":"abc"}' });
    await Promise.all(Array.from({ length: 8 }, () => registry.listTags('shop')));
    expect(realm.seen).toHaveLength(1);
  });
});

describe('a challenge', () => {
  it('nobody knows is a refusal', async () => {
    const { registry } = await start('Negotiate x', 'Negotiate', ann);
    await expect(registry.listTags('shop')).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  });
});
