import { createEgress } from '../../adapters/egress/egress.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import type { Registry, SubjectLease } from '../../domain/artifact/registry.ts';
import { readDockerCredentials } from './docker-credentials.ts';
import type { CliIo } from './io.ts';

/** One command is one process; what others write to a referrers tag meanwhile is merged when it is read back. */
const alone: SubjectLease = { hold: (_key, act) => act() };

/** A registry the user named, `host[:port]`, with the credentials `docker login` left. */
export function openRegistry(host: string, io: CliIo): Registry {
  const egress = createEgress({ configuredHosts: [host], allowPublicHosts: true });
  const credentials = readDockerCredentials(host, io);
  return createOciRegistry({ host, egress, lease: alone, ...(credentials === undefined ? {} : { credentials }) });
}
