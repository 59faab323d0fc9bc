/** How a service is told to reach the registry, and what else it may call. */
import { z } from 'zod';
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { registryServices } from '../../domain/identity/registry-access.ts';
import { ConfigError } from '../environment/config-error.ts';
import { readPemFile, readTextFile } from '../environment/read-files.ts';
import { flag, host, list, text } from '../environment/variable-kinds.ts';
import { dockerFile, type RegistrySettings } from './connect.ts';
import { DockerCredentialsError, parseDockerConfig } from './docker-credentials.ts';

const allowedHost = z
  .string()
  .regex(
    /^(?:\*(?:\.[a-z0-9-]+){2,}|\[[0-9a-fA-F:.]+\](?::\d+)?|[A-Za-z0-9._-]+(?::\d+)?)$/,
    'expected host[:port], or *.domain',
  );

export const registryVariables = {
  PRATIQUE_REGISTRY: host.describe('host[:port] of the registry; https, but for loopback addresses'),
  PRATIQUE_REGISTRY_PLAIN_HTTP: flag
    .optional()
    .describe('true where the registry is not on a loopback address and has no TLS all the same'),
  PRATIQUE_REGISTRY_CA_FILE: text
    .optional()
    .describe("PEM file with the certificate authorities of the registry, besides the system's"),
  PRATIQUE_REGISTRY_CONFIG: text
    .optional()
    .describe(
      'folder with the config.json that docker login writes: passwords, or the names of credential helpers (docker-credential-NAME on PATH). A folder in it (read, promote, evidence, quarantine, adopt, rebuild) has the config.json for that work alone. Unset, nobody logs in',
    ),
  PRATIQUE_REGISTRY_REALM_HOSTS: list
    .pipe(z.array(host))
    .default([])
    .describe(
      'hosts, besides the registry, that its credentials may be sent to for a token (auth.docker.io); between commas',
    ),
  PRATIQUE_EGRESS_HOSTS: list
    .pipe(z.array(allowedHost))
    .default([])
    .describe(
      'hosts, besides those, that a registry may redirect to (the storage of its blobs); between commas; *.domain stands for the public hosts below it',
    ),
} as const;

/** Throws a ConfigError. `env` is what credential helpers get. */
export function readRegistry(
  read: z.output<z.ZodObject<typeof registryVariables>>,
  env: Readonly<Record<string, string | undefined>>,
): RegistrySettings {
  const { PRATIQUE_REGISTRY_CONFIG: folder, PRATIQUE_REGISTRY_CA_FILE: ca, PRATIQUE_REGISTRY: registry } = read;
  const plainHttp = read.PRATIQUE_REGISTRY_PLAIN_HTTP ?? isLoopbackHost(registry);
  if (plainHttp && ca !== undefined)
    throw new ConfigError(
      'PRATIQUE_REGISTRY_CA_FILE: the registry is spoken to over plain HTTP. Leave one of them out',
    );
  return {
    host: registry,
    plainHttp,
    ...(ca === undefined ? {} : { ca: readPemFile('PRATIQUE_REGISTRY_CA_FILE', ca, 'certificate') }),
    ...(folder === undefined ? {} : { docker: { folder: checkFolder(folder), env } }),
    realmHosts: read.PRATIQUE_REGISTRY_REALM_HOSTS,
    egressHosts: read.PRATIQUE_EGRESS_HOSTS,
  };
}

/** What is wrong about a file ends the start, and not the first call. */
function checkFolder(folder: string): string {
  const variable = 'PRATIQUE_REGISTRY_CONFIG';
  for (const file of new Set(registryServices.map((service) => dockerFile(folder, service))))
    try {
      parseDockerConfig(readTextFile(variable, file), file);
    } catch (error) {
      if (!(error instanceof DockerCredentialsError)) throw error;
      throw new ConfigError(`${variable}: ${error.message}. Write it with: docker --config FOLDER login HOST`);
    }
  return folder;
}
