import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { RegistryCredentials } from '../../adapters/oci/registry-credentials.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

const helperName = z.string().regex(/^[\w.-]{1,64}$/);
const configSchema = z.object({
  auths: z.record(z.string(), z.object({ auth: z.string().optional() })).optional(),
  credHelpers: z.record(z.string(), helperName).optional(),
  credsStore: helperName.optional(),
});
const helperAnswer = z.object({ Username: z.string(), Secret: z.string() });

const HELPER_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** What `docker login` calls Docker Hub. */
const HUB_KEY = 'https://index.docker.io/v1/';
const HUB_HOSTS: readonly string[] = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/**
 * User and password for `host` from Docker's config.json (`DOCKER_CONFIG`, else ~/.docker), as `docker login` and `cosign login`
 * write it: the host's credential helper first, then the store, then the file. Undefined where none has any. Throws a CliError
 * where file or helper can not be used.
 */
export function readDockerCredentials(host: string, io: CliIo): RegistryCredentials | undefined {
  const file = path.join(io.env.DOCKER_CONFIG || path.join(io.env.HOME || homedir(), '.docker'), 'config.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const config = parseConfig(text, file);
  const key = HUB_HOSTS.includes(host) ? HUB_KEY : host;
  const helper = config.credHelpers?.[key] ?? config.credHelpers?.[host] ?? config.credsStore;
  const helped = helper === undefined ? undefined : askHelper(helper, key, io);
  return helped ?? decodeAuth(config.auths?.[key]?.auth ?? config.auths?.[`https://${key}`]?.auth);
}

function decodeAuth(auth: string | undefined): RegistryCredentials | undefined {
  if (auth === undefined || auth === '') return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** The protocol of docker/docker-credential-helpers: the server on stdin, JSON on stdout, or why not. */
function askHelper(helper: string, key: string, io: CliIo): RegistryCredentials | undefined {
  const program = `docker-credential-${helper}`;
  const failure = (why: string) =>
    new CliError(exitCodes.infrastructure, 'CREDENTIAL_HELPER_FAILED', `${program} ${why}`, {
      hint: 'Docker\'s config.json names it under "credHelpers" or "credsStore"; try: docker login',
    });
  const answer = spawnSync(program, ['get'], {
    input: key,
    env: io.env,
    timeout: HELPER_TIMEOUT_MS,
    maxBuffer: MAX_ANSWER_BYTES,
    encoding: 'utf8',
  });
  // Neither its output nor the cause: they may hold the secret.
  if (answer.error !== undefined) throw failure('can not be run, or did not answer in time');
  if (answer.status !== 0) {
    if (/credentials not found/i.test(answer.stdout)) return undefined;
    throw failure(`ended with ${answer.status ?? answer.signal}`);
  }
  const parsed = helperAnswer.safeParse(parseJson(answer.stdout));
  if (!parsed.success) throw failure('answered something else than credentials');
  const { Username: username, Secret: password } = parsed.data;
  if (username === '<token>') throw failure('holds an identity token, which is not used: log in with a password');
  return { username, password };
}

function parseConfig(text: string, file: string): z.infer<typeof configSchema> {
  const parsed = configSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  // Neither text nor cause: the file holds passwords.
  throw new CliError(exitCodes.usage, 'DOCKER_CONFIG_INVALID', `${file} is not a Docker config.json`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
