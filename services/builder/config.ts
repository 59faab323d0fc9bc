/** The builder's configuration: the only place that reads its environment. It gets no database and no key. */
import { dirname } from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';
import { processVariables, readProcess } from '../../adapters/environment/process-variables.ts';
import { readTextFile } from '../../adapters/environment/read-files.ts';
import { list, socketPath, text } from '../../adapters/environment/variable-kinds.ts';
import { readRegistry, registryVariables } from '../../adapters/oci/registry-variables.ts';
import { readTemporal, temporalVariables } from '../../adapters/temporal/temporal-variables.ts';

/** Everything this service is told. */
export const variables = z.object({
  ...temporalVariables,
  ...registryVariables,
  ...processVariables,
  PRATIQUE_SIGNER_SOCKET: socketPath.describe('where the process listens that holds the key of this builder'),
  PRATIQUE_ALLOWED_SIGNERS_FILE: text.describe(
    'file with the SSH keys whose commits are built, as in ssh-keygen(1) ALLOWED SIGNERS',
  ),
  PRATIQUE_GIT_HOSTS: list
    .transform((hosts) => hosts.map((host) => host.toLowerCase()))
    .default([])
    .describe('host names that sources are fetched from, over https or ssh, between commas; unset, none'),
  PRATIQUE_GIT_LOCAL: list
    .default([])
    .describe('absolute paths of Git repositories on this machine that may be built, between commas'),
  PRATIQUE_BUILD_FOLDER: text.describe('folder for builds and nothing else; other users must get through to it'),
  PRATIQUE_BUILD_HIDDEN: list
    .default([])
    .describe('files and folders that recipes must not see, between commas; the signer is hidden in any case'),
  PRATIQUE_BUILD_PATH: text
    .default('/usr/local/bin:/usr/bin:/bin')
    .describe("PATH of Git and of the recipes' commands"),
});

/** Throws a ConfigError. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const read = parseEnvironment('builder', variables, env);
  return {
    temporal: readTemporal(read),
    registry: readRegistry(read, env),
    /** Where the process listens that holds the builder's key. */
    signerSocket: read.PRATIQUE_SIGNER_SOCKET,
    allowedSigners: readTextFile('PRATIQUE_ALLOWED_SIGNERS_FILE', read.PRATIQUE_ALLOWED_SIGNERS_FILE),
    localRepositories: read.PRATIQUE_GIT_LOCAL,
    gitHosts: read.PRATIQUE_GIT_HOSTS,
    workFolder: read.PRATIQUE_BUILD_FOLDER,
    /** What recipes must not see, wherever it lies. */
    hidden: [dirname(read.PRATIQUE_SIGNER_SOCKET), ...read.PRATIQUE_BUILD_HIDDEN],
    path: read.PRATIQUE_BUILD_PATH,
    /** Handed to the package clients of `fetch:` by an allow-list (adapters/builder/fetch-environment.ts). */
    environment: env,
    ...readProcess(read),
  };
}
