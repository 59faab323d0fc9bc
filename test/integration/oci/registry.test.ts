/** The client against the CNCF registry, which has no referrers API. */
import { afterAll } from 'vitest';
import { createEgress } from '../../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../../adapters/oci/oci-registry.ts';
import { registryContract } from '../../contracts/registry.ts';
import { infra } from '../../infra.ts';

const host = infra().registry;
const egress = createEgress({ configuredHosts: [host], allowPublicHosts: false });
afterAll(() => egress.close());

const lease = createInProcessLease();
registryContract(() => createOciRegistry({ host, egress, lease }));
