import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { pickFetchEnvironment } from '../../adapters/builder/fetch-environment.ts';
import { pickHolderVariables } from '../../adapters/keys/holder-variables.ts';
import type { Part, RunContext } from './part.ts';
import { registryRealm } from './registry-realm.ts';
import { writeRegistryLogins } from './registry-users.ts';
import type { StackHome } from './stack-home.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** `builder.id` of the builder that runs beside the stack, as policies name it. */
export const localBuilderId = 'https://pratique.dev/builders/local';

/**
 * kafkajs asks for timers in the past; Node 24 warns about each. Forty artifacts in flight keep more alive between two
 * collections than the young generation's 16 MiB, and what survives is copied: twice the room is a tenth less CPU.
 */
const nodeFlags = ['--disable-warning=TimeoutNegativeWarning', '--max-semi-space-size=32'];

const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

interface ServiceDefinition {
  readonly name: string;
  /** Relative to the root of the repository. */
  readonly entry: string;
  readonly ports: { readonly admin: number; readonly main?: number };
  /** A builder sees neither the database nor the events, its signer nothing at all. */
  readonly reaches?: 'temporal-and-registry' | 'nothing';
  /** Runs workflows: their bundle is kept in the cache folder. */
  readonly keepsBundle?: true;
  /** What this service gets beyond what every service gets. */
  readonly env: (context: RunContext) => Readonly<Record<string, string>>;
  /** What depends on this machine and its user; in containers the compose file says it. */
  readonly fromMachine?: (context: RunContext) => Readonly<Record<string, string>>;
}

/**
 * What a stack has in the system's temporary folder, not below its home: recipes run as another user, who must get to the one,
 * and a socket's path is short (unix(7)). `down` removes both.
 */
export function outsideFolders({ dir }: Pick<StackHome, 'dir'>): { readonly builds: string; readonly signer: string } {
  return {
    builds: join(tmpdir(), `pratique-builds-${shortHash(dir)}`),
    signer: join(tmpdir(), `pratique-signer-${shortHash(dir)}`),
  };
}

function buildPlaces({ home }: RunContext): Record<string, string> {
  const { builds, signer } = outsideFolders(home);
  return { PRATIQUE_BUILD_FOLDER: builds, PRATIQUE_SIGNER_SOCKET: join(signer, 'socket') };
}

/** Passkeys are for a name, and no browser takes them for 127.0.0.1. */
export function pagesUrl({ gatewayUrl }: Pick<RunContext['connection'], 'gatewayUrl'>): string {
  return process.env.PRATIQUE_PAGES_URL || `http://localhost:${new URL(gatewayUrl).port}`;
}

/** Our own processes, in the order of the life of a push. */
export const serviceDefinitions: readonly ServiceDefinition[] = [
  {
    name: 'gateway',
    entry: 'services/gateway/main.ts',
    ports: { main: 8080, admin: 9464 },
    env: ({ home, ports, connection }) => ({
      PRATIQUE_PORT: String(ports.main),
      PRATIQUE_WEBHOOK_SECRET_FILE: home.webhookSecretFile,
      PRATIQUE_REGISTRY_TOKEN_KEY_FILE: home.registryTokenKeyFile,
      PRATIQUE_REGISTRY_TOKEN_CERTIFICATE_FILE: home.registryTokenCertificateFile,
      PRATIQUE_REGISTRY_SERVICES_FILE: home.registryServicesFile,
      PRATIQUE_APPROVAL_ISSUERS: process.env.PRATIQUE_APPROVAL_ISSUERS ?? '',
      PRATIQUE_PAGES_URL: pagesUrl(connection),
    }),
  },
  { name: 'dispatcher', entry: 'services/dispatcher/main.ts', ports: { admin: 9465 }, env: () => ({}) },
  {
    name: 'worker',
    entry: 'services/worker/main.ts',
    ports: { admin: 9466 },
    keepsBundle: true,
    env: () => ({
      PRATIQUE_TASK_QUEUES: 'control,urgent,inspect',
      PRATIQUE_ADVISORY_FEEDS: process.env.PRATIQUE_ADVISORY_FEEDS ?? '',
      ...fromShell(...workerOptions),
    }),
  },
  {
    name: 'trust',
    entry: 'services/worker/main.ts',
    ports: { admin: 9467 },
    env: ({ home, connection }) => ({
      PRATIQUE_TASK_QUEUES: 'trust',
      PRATIQUE_APPROVAL_ISSUERS: process.env.PRATIQUE_APPROVAL_ISSUERS ?? '',
      PRATIQUE_PAGES_URL: pagesUrl(connection),
      ...fromShell(...trustOptions),
      PRATIQUE_KEYS_DIR: home.keysDir,
      PRATIQUE_KEY_PASSPHRASE_FILE: home.keyPassphraseFile,
    }),
    fromMachine: () => pickHolderVariables(process.env),
  },
  {
    name: 'builder-signer',
    entry: 'services/builder-signer/main.ts',
    ports: { admin: 9469 },
    reaches: 'nothing',
    env: ({ home }) => ({
      PRATIQUE_BUILDER_ID: localBuilderId,
      PRATIQUE_BUILDER_KEYS_DIR: home.builderKeysDir,
      PRATIQUE_KEY_PASSPHRASE_FILE: home.builderPassphraseFile,
    }),
    fromMachine: buildPlaces,
  },
  {
    name: 'builder',
    entry: 'services/builder/main.ts',
    ports: { admin: 9468 },
    reaches: 'temporal-and-registry',
    env: ({ home }) => ({
      PRATIQUE_ALLOWED_SIGNERS_FILE: home.allowedSignersFile,
      PRATIQUE_GIT_HOSTS: process.env.PRATIQUE_GIT_HOSTS ?? 'github.com,gitlab.com',
    }),
    fromMachine: (context) => ({
      ...pickFetchEnvironment(process.env),
      ...buildPlaces(context),
      PRATIQUE_GIT_LOCAL: process.env.PRATIQUE_GIT_LOCAL ?? '',
      PRATIQUE_BUILD_PATH: `${dirname(process.execPath)}:${process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'}`,
      PRATIQUE_BUILD_HIDDEN: [context.home.secretsDir, context.home.keysDir, context.home.builderKeysDir].join(','),
    }),
  },
];

/** A service's environment; never the home folder itself, only paths of single things in it. */
export function serviceEnv(definition: ServiceDefinition, context: RunContext): Record<string, string> {
  const { connection, ports } = context;
  return {
    ...definition.env(context),
    ...(definition.reaches === undefined
      ? { DATABASE_URL: connection.databaseUrl, KAFKA_BROKERS: connection.kafkaBrokers }
      : {}),
    ...(definition.reaches === 'nothing'
      ? {}
      : {
          TEMPORAL_ADDRESS: connection.temporalAddress,
          TEMPORAL_NAMESPACE: connection.temporalNamespace,
          PRATIQUE_REGISTRY: connection.registry,
          ...registryLogin(definition.name, context),
        }),
    PRATIQUE_ADMIN_PORT: String(ports.admin),
    PRATIQUE_LOG_LEVEL: process.env.PRATIQUE_LOG_LEVEL ?? 'info',
  };
}

/** The gateway itself speaks to no registry as anybody. */
function registryLogin(name: string, { home, connection }: RunContext): Record<string, string> {
  if (name === 'gateway') return {};
  return {
    PRATIQUE_REGISTRY_CONFIG: home.registryLoginDir(name),
    PRATIQUE_REGISTRY_REALM_HOSTS: registryRealm(connection.gatewayUrl).host,
  };
}

/** What whoever runs the stack may say to the worker (docs/configuration.md). */
export const workerOptions = ['PRATIQUE_HISTORY_DAYS', 'PRATIQUE_HISTORY_MIB'] as const;

/** What whoever runs the stack may say to the trust worker (docs/configuration.md). */
export const trustOptions = [
  ...['PRATIQUE_APPROVAL_AUDIENCE', 'PRATIQUE_APPROVERS_FILE', 'PRATIQUE_POST_QUANTUM'],
  ...['PRATIQUE_TRUSTED_ROOT', 'PRATIQUE_TUF_MIRROR', 'PRATIQUE_TUF_ROOT', 'PRATIQUE_CACHE_DIR'],
  ...['PRATIQUE_SIGNING_IDENTITIES', 'PRATIQUE_SIGNING_CONFIG'],
  ...['PRATIQUE_GITHUB_API', 'PRATIQUE_GITHUB_TOKEN_FILE', 'PRATIQUE_GITHUB_BUNDLE_HOSTS'],
] as const;

/** Those of the variables that are set. */
function fromShell(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** What the user's shell says about telemetry and about the way out to the network; docker-compose.yml passes on the same. */
export function passedOn(): Record<string, string> {
  const wanted = /^(OTEL_.*|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && wanted.test(name) ? [[name, value]] : [],
    ),
  );
}

const healthReport = z.object({
  checks: z.record(z.string(), z.string()),
  since: z.record(z.string(), z.string()).default({}),
});
type Report = z.infer<typeof healthReport>;

async function readReport(response: Response): Promise<Report | undefined> {
  return healthReport.safeParse(await response.json().catch(() => undefined)).data;
}

/** `kafka does not answer; postgres does not answer` */
function wrongOf(report: Report | undefined): string {
  return Object.entries(report?.checks ?? {})
    .filter(([, answer]) => answer !== 'ok')
    .map(([name, answer]) => `${name} ${answer}`)
    .join('; ');
}

/** How services are started, beyond what each of them needs: tests load what stands at fault points. */
export interface ServiceExtras {
  /** For `node`, before the entry file. */
  readonly nodeArguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function servicePart(definition: ServiceDefinition, version: string, extras: ServiceExtras | undefined): Part {
  const { name, entry, ports } = definition;
  const health = (given: Readonly<Record<string, number>>): string =>
    `http://127.0.0.1:${given.main ?? given.admin}/healthz`;
  return {
    name,
    kind: 'service',
    ports,
    stopSignal: 'SIGTERM',
    address: (given) => `http://127.0.0.1:${given.main ?? given.admin}`,
    install: ({ cacheDir }) =>
      Promise.resolve({
        version,
        configure: async (context) => {
          await writeRegistryLogins(context.home, name, context.connection.registry);
          return {
            command: process.execPath,
            args: [...nodeFlags, ...(extras?.nodeArguments ?? []), join(ROOT, entry)],
            env: {
              // Stripping types and compiling is half of a service's start.
              NODE_COMPILE_CACHE: join(cacheDir, 'compiled'),
              ...passedOn(),
              ...definition.fromMachine?.(context),
              ...serviceEnv(definition, context),
              ...(definition.keepsBundle ? { PRATIQUE_CACHE_DIR: cacheDir } : {}),
              ...extras?.env,
            },
            cwd: ROOT,
          };
        },
      }),
    async checkHealth({ ports: given }) {
      const response = await fetch(health(given), { signal: AbortSignal.timeout(3_000) });
      if (!response.ok) throw new Error(wrongOf(await readReport(response)) || `GET /healthz: HTTP ${response.status}`);
      await response.body?.cancel();
    },
    async wrongSince(given) {
      const response = await fetch(health(given), { signal: AbortSignal.timeout(3_000) });
      return (await readReport(response))?.since ?? {};
    },
  };
}

/** The services whose entry file is there. `version` is the product's. */
export function serviceParts(version: string, extras?: ServiceExtras): readonly Part[] {
  return serviceDefinitions
    .filter(({ entry }) => existsSync(join(ROOT, entry)))
    .map((definition) => servicePart(definition, version, extras));
}

/** The port the registry's webhook is pointed at before the gateway runs. */
export const gatewayPort = 8080;
