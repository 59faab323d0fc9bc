import { homedir } from 'node:os';
import path from 'node:path';
import { createEgress } from '../../adapters/egress/egress.ts';
import { list } from '../../adapters/environment/variable-kinds.ts';
import { DockerCredentialsError, readDockerCredentials } from '../../adapters/oci/docker-credentials.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import { createCredentialSource } from '../../adapters/oci/registry-credentials.ts';
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import type { Registry } from '../../domain/artifact/registry.ts';
import { registryRealm } from '../../infra/dev/registry-realm.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import type { LocalRegistry } from './local-registry.ts';

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

/**
 * A registry the user named, `host[:port]`, with the credentials `docker login` left; that of the local stack needs none. Blobs may come from any public host: the
 * user trusts the registry to say which, and private addresses stay out of its reach.
 */
export async function openRegistry(named: string, io: CliIo): Promise<Registry> {
  const host = apiHosts[named] ?? named;
  const local = await localRegistry(host, io);
  const realms = [
    ...(realmHosts[host] ?? []),
    ...list.parse(io.env.PRATIQUE_REGISTRY_REALM_HOSTS ?? ''),
    ...(local === undefined ? [] : [local.realmHost]),
    ...gatewayHost(io),
  ];
  const egress = createEgress({ configuredHosts: [host, ...realms], allowPublicHosts: true });
  const folder = io.env.DOCKER_CONFIG || path.join(io.env.HOME || homedir(), '.docker');
  const file = path.join(folder, 'config.json');
  return createOciRegistry({
    host,
    egress,
    lease: createInProcessLease(),
    realmHosts: realms,
    credentials: createCredentialSource(
      async () => (await readDockerCredentials(host, file, io.env).catch(explain)) ?? local?.credentials(),
    ),
  });
}

/** What knows of stacks is loaded only where there may be one. */
async function localRegistry(host: string, io: CliIo): Promise<LocalRegistry | undefined> {
  if (!isLoopbackHost(host)) return undefined;
  const { findLocalRegistry } = await import('./local-registry.ts');
  return findLocalRegistry(host, io);
}

/** The gateway the user works with may be the token server of their registry. */
function gatewayHost({ env }: CliIo): string[] {
  return env.PRATIQUE_URL !== undefined && URL.canParse(env.PRATIQUE_URL) ? [registryRealm(env.PRATIQUE_URL).host] : [];
}

function explain(error: unknown): never {
  if (!(error instanceof DockerCredentialsError)) throw error;
  const { code, message } = error;
  throw code === 'DOCKER_CONFIG_INVALID'
    ? new CliError(exitCodes.usage, code, message)
    : new CliError(exitCodes.infrastructure, code, message, {
        hint: 'Docker\'s config.json names it under "credHelpers" or "credsStore"; try: docker login',
      });
}
