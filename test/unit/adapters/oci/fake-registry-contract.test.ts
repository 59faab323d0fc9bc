import { afterAll, beforeAll, describe } from 'vitest';
import { createEgress, type Egress } from '../../../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../../../adapters/oci/oci-registry.ts';
import { registryContract } from '../../../contracts/registry.ts';
import { type FakeRegistry, startFakeRegistry } from '../../../fakes/registry/fake-registry.ts';

describe.each([
  ['with the referrers API', { referrersApi: true }],
  ['without the referrers API', { referrersApi: false }],
  ['that lists page by page', { pageSize: 2 }],
])('a fake registry %s', (_name, switches) => {
  let server: FakeRegistry;
  let egress: Egress;
  beforeAll(async () => {
    server = await startFakeRegistry(switches);
    egress = createEgress({ configuredHosts: [server.host], allowPublicHosts: false });
  });
  afterAll(async () => {
    await egress.close();
    await server[Symbol.asyncDispose]();
  });
  const lease = createInProcessLease();
  registryContract(() => createOciRegistry({ host: server.host, egress, lease }));
});
