import { createEgress } from '../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import type { Registry } from '../../domain/artifact/registry.ts';
import { readDockerCredentials } from './docker-credentials.ts';
import type { CliIo } from './io.ts';

/** Registries that are reached under another name than people give them. */
const apiHosts: Readonly<Record<string, string>> = {
  'docker.io': 'registry-1.docker.io',
  'index.docker.io': 'registry-1.docker.io',
};
/** Registries whose tokens come from another host of the same operator. */
const realmHosts: Readonly<Record<string, readonly string[]>> = {
  'registry-1.docker.io': ['auth.docker.io'],
  'registry.gitlab.com': ['gitlab.com'],
};

/** A registry the user named, `host[:port]`, with the credentials `docker login` left. Blobs may come from public hosts. */
export function openRegistry(named: string, io: CliIo): Registry {
  const host = apiHosts[named] ?? named;
  const egress = createEgress({ configuredHosts: [host], allowPublicHosts: true });
  const credentials = readDockerCredentials(host, io);
  return createOciRegistry({
    host,
    egress,
    lease: createInProcessLease(),
    realmHosts: realmHosts[host] ?? [],
    ...(credentials === undefined ? {} : { credentials }),
  });
}
