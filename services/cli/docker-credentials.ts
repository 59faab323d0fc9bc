import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { RegistryCredentials } from '../../adapters/oci/registry-session.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

const configSchema = z.object({
  auths: z.record(z.string(), z.object({ auth: z.string().optional() })).optional(),
});

/**
 * User and password for `host` from Docker's config.json (`DOCKER_CONFIG`, else ~/.docker), as `docker login` and `cosign login`
 * write it; undefined where it has none. Credential helpers are not asked.
 */
export function readDockerCredentials(host: string, io: CliIo): RegistryCredentials | undefined {
  const file = path.join(io.env.DOCKER_CONFIG ?? path.join(io.env.HOME ?? homedir(), '.docker'), 'config.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const auth = parseConfig(text, file).auths?.[host]?.auth;
  if (auth === undefined || auth === '') return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function parseConfig(text: string, file: string): z.infer<typeof configSchema> {
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    // Neither text nor cause: the file holds passwords.
    throw new CliError(exitCodes.usage, 'DOCKER_CONFIG_INVALID', `${file} is not a Docker config.json`);
  }
}
