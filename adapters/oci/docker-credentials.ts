/** What `docker login`, `cosign login` and credential helpers know: config.json as Docker writes and reads it. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { RegistryCredentials } from './registry-credentials.ts';

export type DockerCredentialsErrorCode = 'DOCKER_CONFIG_INVALID' | 'CREDENTIAL_HELPER_FAILED';

/** The file or its helper can not be used. Never quotes either: both hold passwords. */
export class DockerCredentialsError extends Error {
  override readonly name = 'DockerCredentialsError';
  readonly code: DockerCredentialsErrorCode;

  constructor(code: DockerCredentialsErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** None is the file itself: `"credsStore": ""` is how people switch a helper off. */
const helperName = z.string().regex(/^[\w.-]{0,64}$/);
/** docker/cli, cli/config/types: `auth` is user and password in one, and counts more than either beside it. */
const entrySchema = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});
const configSchema = z.object({
  auths: z.record(z.string(), entrySchema).optional(),
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
 * User and password for `host` from a config.json: the host's credential helper first, then the store, then the file.
 * Undefined where none has any, and where there is no file. `env` is the helpers', and has their PATH. Throws a
 * DockerCredentialsError.
 */
export async function readDockerCredentials(
  host: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RegistryCredentials | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const config = parseDockerConfig(text, file);
  const key = HUB_HOSTS.includes(host) ? HUB_KEY : host;
  const helper = config.credHelpers?.[key] ?? config.credHelpers?.[host] ?? config.credsStore;
  const helped = helper === undefined || helper === '' ? undefined : await askHelper(helper, key, env);
  return helped ?? readEntry(config.auths?.[key] ?? config.auths?.[`https://${key}`], `${file} has for ${host}`);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    throw new DockerCredentialsError('DOCKER_CONFIG_INVALID', `${file} cannot be read (${String(code)})`);
  }
}

/** Throws DOCKER_CONFIG_INVALID; `file` names the place. */
export function parseDockerConfig(text: string, file: string): z.output<typeof configSchema> {
  const parsed = configSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new DockerCredentialsError('DOCKER_CONFIG_INVALID', `${file} is not a Docker config.json`);
}

const TOKEN_NOT_USED = 'an identity token, which is not used: log in with a password';

function readEntry(entry: z.output<typeof entrySchema> | undefined, where: string): RegistryCredentials | undefined {
  const { auth, username, password, identitytoken } = entry ?? {};
  if (identitytoken) throw new DockerCredentialsError('DOCKER_CONFIG_INVALID', `${where} ${TOKEN_NOT_USED}`);
  if (auth) return decodeAuth(auth);
  return username && password ? { username, password } : undefined;
}

function decodeAuth(auth: string): RegistryCredentials | undefined {
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** The protocol of docker/docker-credential-helpers: the server on stdin, JSON on stdout, or why not. */
async function askHelper(
  helper: string,
  key: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RegistryCredentials | undefined> {
  const program = `docker-credential-${helper}`;
  const failure = (why: string) => new DockerCredentialsError('CREDENTIAL_HELPER_FAILED', `${program} ${why}`);
  const { code, stdout } = await runHelper(program, key, env);
  if (code !== 0) {
    if (/credentials not found/i.test(stdout)) return undefined;
    throw failure(typeof code === 'number' ? `ended with ${code}` : 'can not be run, or did not answer in time');
  }
  const parsed = helperAnswer.safeParse(parseJson(stdout));
  if (!parsed.success) throw failure('answered something else than credentials');
  const { Username: username, Secret: password } = parsed.data;
  if (username === '<token>') throw failure(`holds ${TOKEN_NOT_USED}`);
  return { username, password };
}

function runHelper(
  program: string,
  input: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly code: number | string | null | undefined; readonly stdout: string }> {
  return new Promise((resolve) => {
    const options = { env, timeout: HELPER_TIMEOUT_MS, maxBuffer: MAX_ANSWER_BYTES };
    const child = execFile(program, ['get'], options, (error, stdout) =>
      resolve({ code: error === null ? 0 : error.code, stdout }),
    );
    // A helper that ends before it has read answers by its exit code.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
