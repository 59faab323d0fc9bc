/** The builder's configuration: the only place that reads its environment. It gets no database. */
import { hostname } from 'node:os';
import process from 'node:process';
import { z } from 'zod';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';
import { processVariables, readProcess } from '../../adapters/environment/process-variables.ts';
import { readSecretFile, readTextFile } from '../../adapters/environment/read-files.ts';
import { list, text } from '../../adapters/environment/variable-kinds.ts';
import { readRegistry, registryVariables } from '../../adapters/oci/registry-variables.ts';
import { readTemporal, temporalVariables } from '../../adapters/temporal/temporal-variables.ts';

/** Everything this service is told. */
export const variables = z.object({
  ...temporalVariables,
  ...registryVariables,
  ...processVariables,
  PRATIQUE_BUILDER_ID: text.describe('builder.id in the provenance of what it builds: a URI, as policies name it'),
  PRATIQUE_BUILDER_HOST: text
    .optional()
    .describe("the machine's name in that provenance, for incidents on a build host; unset, its host name"),
  PRATIQUE_BUILDER_KEYS_DIR: text.describe("folder of the builder's encrypted key"),
  PRATIQUE_BUILDER_KEY: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'expected small letters, digits and -')
    .default('builder')
    .describe('name of the key in that folder'),
  PRATIQUE_KEY_PASSPHRASE_FILE: text.describe('file with the passphrase of that key'),
  PRATIQUE_ALLOWED_SIGNERS_FILE: text.describe(
    'file with the SSH keys whose commits are built, as in ssh-keygen(1) ALLOWED SIGNERS',
  ),
  PRATIQUE_GIT_LOCAL: list
    .default([])
    .describe('absolute paths of Git repositories on this machine that may be built, between commas'),
  PRATIQUE_BUILD_FOLDER: text.describe('folder for builds and nothing else; other users must get through to it'),
  PRATIQUE_BUILD_HIDDEN: list
    .default([])
    .describe('files and folders that recipes must not see, between commas; the keys are hidden in any case'),
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
    builder: { id: read.PRATIQUE_BUILDER_ID, host: read.PRATIQUE_BUILDER_HOST ?? hostname() },
    keys: {
      folder: read.PRATIQUE_BUILDER_KEYS_DIR,
      name: read.PRATIQUE_BUILDER_KEY,
      passphrase: readSecretFile('PRATIQUE_KEY_PASSPHRASE_FILE', read.PRATIQUE_KEY_PASSPHRASE_FILE),
    },
    allowedSigners: readTextFile('PRATIQUE_ALLOWED_SIGNERS_FILE', read.PRATIQUE_ALLOWED_SIGNERS_FILE),
    localRepositories: read.PRATIQUE_GIT_LOCAL,
    workFolder: read.PRATIQUE_BUILD_FOLDER,
    /** What recipes must not see, besides the builder's own keys. */
    hidden: [read.PRATIQUE_BUILDER_KEYS_DIR, ...read.PRATIQUE_BUILD_HIDDEN],
    path: read.PRATIQUE_BUILD_PATH,
    /** Handed to the package clients of `fetch:` by an allow-list (adapters/builder/fetch-environment.ts). */
    environment: env,
    ...readProcess(read),
  };
}
