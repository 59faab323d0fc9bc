/** The configuration of a builder's signer: the only place that reads its environment. It reaches no server at all. */
import { hostname } from 'node:os';
import process from 'node:process';
import { z } from 'zod';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';
import { processVariables, readProcess } from '../../adapters/environment/process-variables.ts';
import { readSecretFile } from '../../adapters/environment/read-files.ts';
import { socketPath, text } from '../../adapters/environment/variable-kinds.ts';

/** Everything this service is told. */
export const variables = z.object({
  ...processVariables,
  PRATIQUE_BUILDER_ID: text.describe('builder.id in the provenance of what is built: a URI, as policies name it'),
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
  PRATIQUE_SIGNER_SOCKET: socketPath.describe(
    'where to listen: in a folder of its own, which this user alone gets into and which goes at the end',
  ),
  PRATIQUE_BUILD_FOLDER: text.describe('folder of the builder: nothing outside of it is signed'),
});

/** Throws a ConfigError. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const read = parseEnvironment('builder-signer', variables, env);
  return {
    builder: { id: read.PRATIQUE_BUILDER_ID, host: read.PRATIQUE_BUILDER_HOST ?? hostname() },
    keys: {
      folder: read.PRATIQUE_BUILDER_KEYS_DIR,
      name: read.PRATIQUE_BUILDER_KEY,
      passphrase: readSecretFile('PRATIQUE_KEY_PASSPHRASE_FILE', read.PRATIQUE_KEY_PASSPHRASE_FILE),
    },
    socket: read.PRATIQUE_SIGNER_SOCKET,
    buildFolder: read.PRATIQUE_BUILD_FOLDER,
    ...readProcess(read),
  };
}
