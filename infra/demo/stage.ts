/** Everything the story stands on: folders, people, builders, repositories, the stack, and how to wait for things. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { createEgress } from '../../adapters/egress/egress.ts';
import { createInProcessLease } from '../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../adapters/oci/oci-registry.ts';
import { ensureKey, listPublicKeys } from '../../adapters/sigstore/local-key-ring.ts';
import type { Registry } from '../../domain/artifact/registry.ts';
import { memoryFolder } from '../dev/memory-folder.ts';
import { registryRealm } from '../dev/registry-realm.ts';
import { ensureSecrets, readSecret } from '../dev/secrets.ts';
import { localBuilderId } from '../dev/services.ts';
import { createStackHome, stackHome } from '../dev/stack-home.ts';
import { readStackRecord } from '../dev/stack-record.ts';
import { type DemoBuilder, demoPolicy } from './policy.ts';
import {
  createDeveloper,
  createRepository,
  type Developer,
  legacyFiles,
  type SourceRepository,
  shopFiles,
  smallAppFiles,
} from './repositories.ts';
import type { CommandResult, Teller } from './teller.ts';

/** More than the shop's packages, what npm fetched and the image of them take together. */
const BUILD_BYTES = 1024 ** 3;

/** The builder that will leak its key: a machine in the story, a folder here. */
export const oldBuilder = {
  name: 'builder-1',
  id: 'https://ci.example.com/builders/1',
  host: 'build-1.example.com',
} as const;

export interface Stage {
  readonly home: ReturnType<typeof stackHome>;
  readonly developer: Developer;
  /** Who approves: with a key of her own. */
  readonly approver: Developer;
  /** Who decides about quarantines, likewise. */
  readonly releaser: Developer;
  readonly sources: Readonly<Record<'shop' | 'legacy' | 'clock' | 'greeter', SourceRepository>>;
  readonly builder: { readonly keyFolder: string; readonly keyFile: string; readonly passphrase: string };
  readonly policy: (version: number, builders: readonly DemoBuilder[]) => string;
  readonly oldBuilderKey: DemoBuilder;
  readonly newBuilderKey: () => Promise<DemoBuilder>;
}

/** Files only: nothing runs yet. Whatever an earlier run left in the folder goes. */
export async function setStage(folder: string): Promise<Stage> {
  await rm(folder, { recursive: true, force: true });
  const home = stackHome(folder);
  await createStackHome(home);
  await ensureSecrets(home);
  const people = join(folder, 'people');
  const repositories = join(folder, 'repositories');
  await mkdir(people, { recursive: true, mode: 0o700 });
  await mkdir(repositories, { recursive: true, mode: 0o755 });
  const [developer, approver, releaser] = await Promise.all([
    createDeveloper('dana', people),
    createDeveloper('alice', people),
    createDeveloper('omar', people),
  ]);
  await writeFile(home.allowedSignersFile, `${developer.allowedSigner}\n`, { mode: 0o644 });
  const commit = (name: string, files: Readonly<Record<string, string>>) =>
    createRepository(join(repositories, name), developer, files);
  const [shop, legacy, clock, greeter] = await Promise.all([
    commit('shop', await shopFiles()),
    commit('legacy', await legacyFiles()),
    commit('clock', smallAppFiles('clock')),
    commit('greeter', smallAppFiles('greeter')),
  ]);
  const sources = { shop, legacy, clock, greeter };
  const keyFolder = join(folder, oldBuilder.name);
  const passphrase = await readSecret(home.builderPassphraseFile);
  const { publicKeyPem } = await ensureKey(keyFolder, oldBuilder.name, passphrase);
  const oldBuilderKey = { name: oldBuilder.name, id: oldBuilder.id, publicKeyPem };
  const gitOf = Object.fromEntries(Object.entries(sources).map(([name, { path }]) => [`apps/${name}`, path]));
  const policy = (version: number, builders: readonly DemoBuilder[]) => demoPolicy(version, builders, gitOf);
  await writeFile(home.policyFile, policy(1, [oldBuilderKey]));
  return {
    home,
    developer,
    approver,
    releaser,
    sources,
    builder: { keyFolder, keyFile: join(keyFolder, `${oldBuilder.name}.key`), passphrase },
    policy,
    oldBuilderKey,
    async newBuilderKey() {
      const [key] = await listPublicKeys(home.builderKeysDir);
      if (key === undefined) throw new Error('the local builder has no key');
      return { name: 'builder-2', id: localBuilderId, publicKeyPem: key.publicKeyPem };
    },
  };
}

/** `pratique build` of one repository by the old builder, in the background, with the builder's own token for the registry. */
export function startBuild(
  { teller, stage, people }: { readonly teller: Teller; readonly stage: Stage; readonly people: People },
  name: keyof Stage['sources'],
  registry: string,
): { readonly command: string[]; readonly done: Promise<CommandResult> } {
  const { path, commit } = stage.sources[name];
  const command = [
    'build',
    `${path}@${commit}`,
    '--to',
    `${registry}/apps/${name}:1.0`,
    '--allowed-signers',
    stage.home.allowedSignersFile,
    '--builder-id',
    oldBuilder.id,
    '--builder-host',
    oldBuilder.host,
    '--key',
    stage.builder.keyFile,
  ];
  const memory = memoryFolder(BUILD_BYTES);
  const env = {
    ...people.builder.env,
    PRATIQUE_KEY_PASSPHRASE: stage.builder.passphrase,
    ...(memory === undefined ? {} : { TMPDIR: memory }),
  };
  const done = teller.run(command, { quiet: true, env });
  // Looked at later: until then a failure is nobody's unhandled rejection.
  done.catch(() => undefined);
  return { command, done };
}

export interface Person {
  readonly env: Readonly<Record<string, string>>;
}

export type People = Readonly<Record<'dana' | 'alice' | 'rita' | 'omar' | 'olga' | 'builder', Person>>;

/** Tokens for the people of the story and for its builder, and whose keys are whose, by the administrator. */
export async function createPeople(teller: Teller, { developer, approver, releaser }: Stage): Promise<People> {
  const create = async (subject: string, role: string, flags: readonly string[]): Promise<Person> => {
    const { out } = await teller.run(['token', 'create', '--subject', subject, '--role', role, ...flags], {
      quiet: true,
    });
    return { env: { PRATIQUE_TOKEN: out.trim() } };
  };
  const person = (subject: string, role: string, groups: readonly string[]) =>
    create(
      subject,
      role,
      groups.flatMap((group) => ['--group', group]),
    );
  const [builder, dana, alice, rita, omar, olga] = await Promise.all([
    // Pushes to the applications, and reaches nothing else in the registry.
    create(oldBuilder.name, 'viewer', ['--repository', 'apps/**', '--builder', oldBuilder.id]),
    person('dana', 'approver', ['release']),
    person('alice', 'approver', ['release']),
    person('rita', 'responder', []),
    person('omar', 'approver', []),
    person('olga', 'operator', []),
    // What they prove with that an approval is theirs.
    ...[developer, approver, releaser].map(({ name, keyFile }) =>
      teller.run(['principal', 'join', name, 'ssh-key', `${keyFile}.pub`], { quiet: true }),
    ),
  ]);
  return { builder, dana, alice, rita, omar, olga };
}

/** The flag with which somebody proves that an approval is theirs. */
export function provenBy({ keyFile }: Developer): readonly string[] {
  return ['--ssh-key', relative(process.cwd(), keyFile)];
}

/** A registry client as a developer has it: reads everything, pushes to what the policy takes in. */
export async function plainRegistry({
  connection,
  home,
}: Api): Promise<{ readonly registry: Registry; close(): Promise<void> }> {
  const { registry: host, gatewayUrl } = connection;
  const realm = registryRealm(gatewayUrl).host;
  const egress = createEgress({ configuredHosts: [host, realm], allowPublicHosts: false });
  const password = (await readFile(home.pushTokenFile, 'utf8')).trim();
  return {
    registry: createOciRegistry({
      ...{ host, egress, lease: createInProcessLease(), realmHosts: [realm] },
      credentials: { username: 'anybody', password },
    }),
    close: () => egress.close(),
  };
}

/** Asks again until the answer is there. Throws after `seconds`, naming what was waited for. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>, seconds = 120): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await delay(100)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`waited ${seconds} s for ${what}`);
}

/** Starts the whole stack as a user would; its progress goes to standard error. */
export function startStack(stage: Stage, launcher: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(launcher, ['up', '--detach'], {
      env: {
        ...process.env,
        PRATIQUE_HOME: stage.home.dir,
        PRATIQUE_GIT_LOCAL: Object.values(stage.sources)
          .map(({ path }) => path)
          .join(','),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`pratique up ended with ${code}`))));
  });
}

/** What the API says of an artifact, as far as the story asks. */
export interface ArtifactNow {
  readonly artifact: { readonly digest: string; readonly phase: string };
  readonly generation: { readonly state: string; readonly outcome: string | null } | null;
  readonly verdicts: readonly { readonly environment: string; readonly outcome: string }[];
  readonly placements: readonly { readonly environment: string; readonly state: string }[];
  readonly promotions: readonly {
    readonly environment: string;
    readonly state: string;
    readonly requestedAt: string;
  }[];
  readonly openFindings: readonly { readonly kind: string }[];
}

export async function createApi(stage: Stage) {
  const record = await readStackRecord(stage.home);
  if (record === undefined) throw new Error('the stack has no record');
  const token = (await readFile(stage.home.adminTokenFile, 'utf8')).trim();
  const get = async <T>(path: string): Promise<T | undefined> => {
    const response = await fetch(`${record.connection.gatewayUrl}/api/v1${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return response.ok ? ((await response.json()) as T) : undefined;
  };
  return {
    home: stage.home,
    connection: record.connection,
    get,
    artifact: (ref: string) => get<ArtifactNow>(`/artifact?ref=${encodeURIComponent(ref)}`),
  };
}

export type Api = Awaited<ReturnType<typeof createApi>>;

/** Waits until a promotion of `ref` into `environment` is in one of `states`. */
export function promotionIs(api: Api, ref: string, environment: string, ...states: string[]): Promise<string> {
  return eventually(`${ref} to be ${states.join(' or ')} in ${environment}`, async () => {
    const now = await api.artifact(ref);
    const newest = now?.promotions
      .filter((promotion) => promotion.environment === environment)
      .toSorted((a, b) => a.requestedAt.localeCompare(b.requestedAt))
      .at(-1);
    return newest !== undefined && states.includes(newest.state) ? newest.state : undefined;
  });
}

/** Waits until `ref` was judged, and says what the first environment's verdict was. */
export function isJudged(api: Api, ref: string): Promise<string> {
  return eventually(`${ref} to be judged`, async () => {
    const now = await api.artifact(ref);
    return now?.generation?.state === 'closed' && now.generation.outcome === 'judged'
      ? now.verdicts.find(({ environment }) => environment === 'dev')?.outcome
      : undefined;
  });
}
