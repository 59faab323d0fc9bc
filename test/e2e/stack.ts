/** A whole Pratique of a test's own: servers and services on free ports in a temporary folder, and the people who use it. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { createEgress } from '../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Registry } from '../../domain/artifact/registry.ts';
import { registryRealm } from '../../infra/dev/registry-realm.ts';
import type { ServiceExtras } from '../../infra/dev/services.ts';
import { createStack, type Stack, type StackOptions } from '../../infra/dev/stack.ts';
import { stackHome } from '../../infra/dev/stack-home.ts';
import type { StackRecord } from '../../infra/dev/stack-record.ts';
import { buildImage, pushImage, type TestImage } from '../images.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { createTestBuilder, type TestBuilder } from './test-builder.ts';

type TokenFor = (
  subject: string,
  role: 'viewer' | 'approver' | 'responder' | 'operator',
  speaksFor?: { repositories: string[]; builders: string[] },
) => Promise<string>;

/** A running stack and the ways in. */
export interface Pratique {
  readonly stack: Stack;
  readonly record: StackRecord;
  /** An outside client of the registry, as a person's or a CI's would be. */
  readonly registry: Registry;
  readonly admin: ApiClient;
  readonly builder: TestBuilder;
  /** The registry with other credentials: an API token, or one of Pratique's own hands. */
  registryAs(username: string, password: string): Registry;
  /** A token of this role for this person (or machine), made by the administrator. */
  readonly tokenFor: TokenFor;
  /** An API client with such a token. */
  as(...who: Parameters<TokenFor>): Promise<ApiClient>;
  query<T extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<T[]>;
  webhookSecret(): Promise<string>;
  close(): Promise<void>;
}

/** `policy` makes the text of the policy file. PRATIQUE_TEST_KEEP=1 leaves the stack running at the end, and says where. */
export async function startPratique(
  policy: (builder: TestBuilder) => string,
  serviceExtras?: ServiceExtras,
): Promise<Pratique> {
  const builder = createTestBuilder();
  return openPratique(await prepareHome('pratique-e2e-', policy(builder)), builder, { serviceExtras });
}

/** A temporary folder with a home in it that holds nothing but its policy. */
export async function prepareHome(prefix: string, policy: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), prefix));
  // As root, Postgres runs under another uid and must get through.
  await chmod(dir, 0o711);
  const home = stackHome(join(dir, 'home'));
  await mkdir(home.dir);
  await writeFile(home.policyFile, policy);
  return dir;
}

/** Brings up what lies in the home of `dir`, from nothing or from its data; `close` removes the folder. */
export async function openPratique(
  dir: string,
  builder: TestBuilder,
  options: Pick<StackOptions, 'registryUsers' | 'serviceExtras'> = {},
): Promise<Pratique> {
  const home = stackHome(join(dir, 'home'));
  const stack = createStack({
    home: home.dir,
    cacheDir: process.env.PRATIQUE_CACHE_DIR ?? join(homedir(), '.cache', 'pratique'),
    ports: 'free',
    log: () => undefined,
    ...options,
  });
  const { record } = await stack.up({ supervise: true });
  const { connection } = record;
  const pool = new pg.Pool({ connectionString: connection.databaseUrl, max: 3, connectionTimeoutMillis: 5000 });
  pool.on('error', () => undefined);
  const admin = createApiClient(connection.gatewayUrl, (await readFile(home.adminTokenFile, 'utf8')).trim());
  const realm = registryRealm(connection.gatewayUrl).host;
  const egress = createEgress({ configuredHosts: [connection.registry, realm], allowPublicHosts: false });
  const registryAs = (username: string, password: string) =>
    createOciRegistry({
      ...{ host: connection.registry, egress, lease: createInProcessLease(), realmHosts: [realm] },
      credentials: { username, password },
    });
  const tokenFor: TokenFor = async (subject, role, speaksFor = { repositories: [], builders: [] }) => {
    const made = await admin.post('/api/v1/tokens', { subject, name: 'test', role, speaksFor });
    if (made.status !== 201) throw new Error(`no token for ${subject}: ${JSON.stringify(made.body)}`);
    return String(made.body.token);
  };
  // Reads quarantine too: tests look there.
  const outsider = await tokenFor('outsider', 'responder', { repositories: ['**'], builders: [] });
  return {
    stack,
    record,
    registry: registryAs('outsider', outsider),
    registryAs,
    tokenFor,
    admin,
    builder,
    as: async (...who) => createApiClient(connection.gatewayUrl, await tokenFor(...who)),
    query: async <T extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
      (await pool.query<T>(text, [...values])).rows,
    webhookSecret: async () => (await readFile(home.webhookSecretFile, 'utf8')).trim(),
    async close() {
      await egress.close();
      await pool.end();
      if (process.env.PRATIQUE_TEST_KEEP) {
        process.stderr.write(`kept: ${dir}\n`);
        return;
      }
      await stack.down();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** One image told apart by `label`, with one npm package in it, so that there is something to take stock of. */
export function smallImage(label: string): Promise<TestImage> {
  const name = JSON.stringify({ name: 'left-pad', version: '1.3.0', license: 'WTFPL' });
  return buildImage({
    layers: [{ files: { 'app/node_modules/left-pad/package.json': name } }, { files: { 'app/label': label } }],
  });
}

/** Pushes under the tag only, as most clients do: blobs, then the manifest by its tag. */
export async function pushTagged(
  registry: Registry,
  repository: string,
  image: TestImage,
  tag: string,
): Promise<Digest> {
  return pushImage({ ...registry, putManifest: skipDigests(registry) }, repository, image, tag);
}

function skipDigests(registry: Registry): Registry['putManifest'] {
  return async (repository, reference, bytes, mediaType) =>
    reference.startsWith('sha256:')
      ? { digest: reference as Digest, mediaType, size: bytes.byteLength }
      : registry.putManifest(repository, reference, bytes, mediaType);
}

const POLL_MS = 250;

/** Asks until the answer is defined. Throws with the last error, or what was waited for, when it takes too long. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, withinMs = 240_000): Promise<T> {
  const end = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`waited ${withinMs / 1000} s in vain for ${what}`, { cause: last });
    await delay(POLL_MS);
  }
}
