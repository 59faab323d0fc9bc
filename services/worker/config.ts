/** The worker's configuration: the only place that reads its environment. */
import process from 'node:process';
import { z } from 'zod';
import { ConfigError } from '../../adapters/environment/config-error.ts';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';
import { processVariables, readProcess } from '../../adapters/environment/process-variables.ts';
import { readSecretFile, readTextFile } from '../../adapters/environment/read-files.ts';
import { flag, list, text } from '../../adapters/environment/variable-kinds.ts';
import { githubBundleHosts } from '../../adapters/github/github-bundle-hosts.ts';
import { pickHolderVariables } from '../../adapters/keys/holder-variables.ts';
import { readRegistry, registryVariables } from '../../adapters/oci/registry-variables.ts';
import { issuerVariables, readIssuers } from '../../adapters/oidc/issuer-variables.ts';
import { postgresVariables, readPostgres } from '../../adapters/postgres/postgres-variables.ts';
import { parseApproverList } from '../../adapters/proof/parse-approver-list.ts';
import { KeyError } from '../../adapters/sigstore/key-error.ts';
import { parseTrustRoot } from '../../adapters/sigstore/trust-root.ts';
import { readTemporal, temporalVariables } from '../../adapters/temporal/temporal-variables.ts';
import { readRelyingParty, relyingPartyVariables } from '../../adapters/webauthn/relying-party-variables.ts';
import { type TaskQueue, taskQueues } from '../../domain/artifact/subject.ts';
import { parseSigningIdentities } from './signing-identities.ts';

/** Builds have a service of their own. */
const queues = Object.values(taskQueues).filter((queue) => queue !== taskQueues.build) as [TaskQueue, ...TaskQueue[]];

/** Everything this service is told. */
export const variables = z.object({
  ...postgresVariables,
  ...temporalVariables,
  ...registryVariables,
  ...processVariables,
  ...issuerVariables,
  ...relyingPartyVariables,
  PRATIQUE_TASK_QUEUES: list
    .pipe(z.array(z.enum(queues)).min(1))
    .describe(`the task queues to work on, between commas: ${queues.join(', ')}; trust only by itself`),
  PRATIQUE_INSTALLATION: z
    .url()
    .default('https://pratique.dev/installations/local')
    .describe('the name of this installation in what it signs: a URI of yours, which need not answer'),
  PRATIQUE_ADVISORY_FEEDS: list
    .pipe(z.array(z.url({ protocol: /^https?$/ })).max(50))
    .default([])
    .describe(
      "addresses of advisory feeds (zips of OSV records, folders of its bucket, a bucket, CISA's known_exploited_vulnerabilities.json, EPSS tables as .csv.gz), of which what changed is brought in every hour, between commas; for the queue inspect",
    ),
  PRATIQUE_HISTORY_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(36_500)
    .default(400)
    .describe(
      'days that the history of a closed workflow is kept whole (docs/decisions/0083); those of incidents, and of what is live, stay; for the queue inspect',
    ),
  PRATIQUE_HISTORY_MIB: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('MiB of histories together: the oldest of those that may go do so sooner; unset, no bound'),
  PRATIQUE_CACHE_DIR: text
    .optional()
    .describe('folder for what can be made again (the bundle of the workflows); unset, nothing is kept'),
  PRATIQUE_KEYS_DIR: text.optional().describe('folder of the encrypted keys; for the queue trust, and for no other'),
  PRATIQUE_TRUSTED_ROOT: text
    .optional()
    .describe(
      'file: the Sigstore trusted_root.json that certificates, log entries and timestamps are checked with; for the queue trust. Unset, only keys count',
    ),
  PRATIQUE_TUF_MIRROR: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'instead of that file: a TUF repository that keeps it, asked every hour; what was last valid is kept in PRATIQUE_CACHE_DIR, which must be set',
    ),
  PRATIQUE_TUF_ROOT: text
    .optional()
    .describe("file: the root.json to begin with there; needed for any but Sigstore's public mirror"),
  PRATIQUE_GITHUB_API: z
    .url({ protocol: /^https?$/ })
    .default('https://api.github.com')
    .describe(
      "where the policy's `attestations` are asked for: of an Enterprise Server https://HOST/api/v3; for the queue trust",
    ),
  PRATIQUE_GITHUB_TOKEN_FILE: text
    .optional()
    .describe('file with a token that may read attestations there, read anew each time; unset, what is public'),
  PRATIQUE_GITHUB_BUNDLE_HOSTS: list
    .pipe(z.array(z.string().regex(/^(?:\*\.)?[^\s/@*]+$/, 'expected host[:port] or *.domain')).max(20))
    .default([...githubBundleHosts])
    .describe('hosts that bundles beside the answer may be fetched from, between commas'),
  PRATIQUE_SIGNING_IDENTITIES: text
    .optional()
    .describe(
      'file: identities that sign without a key, for evidence and for the admissions of environments (docs/signing.md); for the queue trust, with a trusted root',
    ),
  PRATIQUE_SIGNING_CONFIG: text
    .optional()
    .describe('file: the Sigstore signing config for them; unset, that of PRATIQUE_TUF_MIRROR'),
  PRATIQUE_POST_QUANTUM: flag
    .default(false)
    .describe(
      'true: what the keys of the trust worker sign is signed once more, with a key of ML-DSA-65 each that is made in the same folder; for the queue trust',
    ),
  PRATIQUE_APPROVERS_FILE: text
    .optional()
    .describe(
      'file in YAML: whose keys, passkeys and identities approve, and in which groups they are (docs/policy.md); for the queue trust. Unset, the database is believed about that',
    ),
  PRATIQUE_KEY_PASSPHRASE_FILE: text.optional().describe('file with the passphrase of those keys'),
});

export type WorkerConfig = ReturnType<typeof readConfig>;

/** Throws a ConfigError. Only a worker of the `trust` queue may be given keys, and it must be. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const read = parseEnvironment('worker', variables, env);
  const signs = read.PRATIQUE_TASK_QUEUES.includes('trust');
  if (signs && read.PRATIQUE_TASK_QUEUES.length > 1)
    throw new ConfigError('PRATIQUE_TASK_QUEUES: the trust queue has a process of its own. Take the others out');
  if (!signs && read.PRATIQUE_KEYS_DIR !== undefined)
    throw new ConfigError('PRATIQUE_KEYS_DIR: keys are for the worker of the trust queue only. Leave it out here');
  return {
    databaseUrl: readPostgres(read),
    temporal: readTemporal(read),
    registry: readRegistry(read, env),
    queues: read.PRATIQUE_TASK_QUEUES,
    installation: read.PRATIQUE_INSTALLATION,
    advisoryFeeds: read.PRATIQUE_ADVISORY_FEEDS,
    historyRetention: {
      maximumAge: read.PRATIQUE_HISTORY_DAYS * 86_400,
      maximumBytes: read.PRATIQUE_HISTORY_MIB === undefined ? undefined : read.PRATIQUE_HISTORY_MIB * 1024 ** 2,
    },
    /** Where what can be made again is kept; undefined keeps nothing. */
    cacheFolder: read.PRATIQUE_CACHE_DIR,
    trustedRoot: signs ? readTrustedRoot(read.PRATIQUE_TRUSTED_ROOT) : undefined,
    tuf: signs ? readTuf(read) : undefined,
    github: {
      api: read.PRATIQUE_GITHUB_API,
      tokenFile: read.PRATIQUE_GITHUB_TOKEN_FILE,
      bundleHosts: read.PRATIQUE_GITHUB_BUNDLE_HOSTS,
    },
    signing: signs ? readSigning(read, env) : undefined,
    keys: signs
      ? {
          ...readKeys(read.PRATIQUE_KEYS_DIR, read.PRATIQUE_KEY_PASSPHRASE_FILE, env),
          postQuantum: read.PRATIQUE_POST_QUANTUM,
        }
      : undefined,
    approvals: {
      ...readIssuers(read),
      relyingParty: readRelyingParty(read),
      list: signs ? readApprovers(read) : undefined,
    },
    ...readProcess(read),
  };
}

function readTrustedRoot(file: string | undefined) {
  if (file === undefined) return undefined;
  try {
    return parseTrustRoot(Buffer.from(readTextFile('PRATIQUE_TRUSTED_ROOT', file)), file);
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    throw new ConfigError(`PRATIQUE_TRUSTED_ROOT: ${cause.message}`, { cause });
  }
}

type Read = z.infer<typeof variables>;

function readApprovers({ PRATIQUE_APPROVERS_FILE: file }: Read) {
  return file === undefined ? undefined : parseApproverList(readTextFile('PRATIQUE_APPROVERS_FILE', file), file);
}

function readTuf(read: Read) {
  const { PRATIQUE_TUF_MIRROR: mirror, PRATIQUE_TUF_ROOT: file, PRATIQUE_CACHE_DIR: cacheFolder } = read;
  if (mirror === undefined) return undefined;
  if (read.PRATIQUE_TRUSTED_ROOT !== undefined)
    throw new ConfigError('PRATIQUE_TUF_MIRROR and PRATIQUE_TRUSTED_ROOT exclude one another: set one of them');
  if (cacheFolder === undefined)
    throw new ConfigError(
      'PRATIQUE_TUF_MIRROR needs PRATIQUE_CACHE_DIR: what was seen is kept there, and never gone behind',
    );
  const root = file === undefined ? undefined : Buffer.from(readTextFile('PRATIQUE_TUF_ROOT', file));
  return { mirror, root, cacheFolder };
}

function readSigning(read: Read, env: NodeJS.ProcessEnv) {
  const { PRATIQUE_SIGNING_IDENTITIES: file, PRATIQUE_SIGNING_CONFIG: signingConfig } = read;
  if (file === undefined) return undefined;
  if (read.PRATIQUE_TUF_MIRROR === undefined && read.PRATIQUE_TRUSTED_ROOT === undefined)
    throw new ConfigError(
      'PRATIQUE_SIGNING_IDENTITIES needs PRATIQUE_TRUSTED_ROOT or PRATIQUE_TUF_MIRROR: nothing is called signed that does not verify',
    );
  if (read.PRATIQUE_TUF_MIRROR === undefined && signingConfig === undefined)
    throw new ConfigError(
      'PRATIQUE_SIGNING_IDENTITIES needs PRATIQUE_SIGNING_CONFIG: who certifies, logs and timestamps',
    );
  const identities = parseSigningIdentities(readTextFile('PRATIQUE_SIGNING_IDENTITIES', file), file);
  return { identities, signingConfig, env };
}

function readKeys(folder: string | undefined, passphraseFile: string | undefined, env: NodeJS.ProcessEnv) {
  if (folder === undefined || passphraseFile === undefined)
    throw new ConfigError('the trust queue needs PRATIQUE_KEYS_DIR and PRATIQUE_KEY_PASSPHRASE_FILE: set both');
  return {
    folder,
    passphrase: readSecretFile('PRATIQUE_KEY_PASSPHRASE_FILE', passphraseFile),
    holders: pickHolderVariables(env),
  };
}
