/** The worker's configuration: the only place that reads its environment. */
import process from 'node:process';
import { z } from 'zod';
import { ConfigError } from '../../adapters/environment/config-error.ts';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';
import { processVariables, readProcess } from '../../adapters/environment/process-variables.ts';
import { readSecretFile, readTextFile } from '../../adapters/environment/read-files.ts';
import { list, text } from '../../adapters/environment/variable-kinds.ts';
import { readRegistry, registryVariables } from '../../adapters/oci/registry-variables.ts';
import { postgresVariables, readPostgres } from '../../adapters/postgres/postgres-variables.ts';
import { KeyError } from '../../adapters/sigstore/key-error.ts';
import { parseTrustRoot } from '../../adapters/sigstore/trust-root.ts';
import { readTemporal, temporalVariables } from '../../adapters/temporal/temporal-variables.ts';
import { type TaskQueue, taskQueues } from '../../domain/artifact/subject.ts';

/** Builds have a service of their own. */
const queues = Object.values(taskQueues).filter((queue) => queue !== taskQueues.build) as [TaskQueue, ...TaskQueue[]];

/** Everything this service is told. */
export const variables = z.object({
  ...postgresVariables,
  ...temporalVariables,
  ...registryVariables,
  ...processVariables,
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
      'addresses of advisory feeds (zips of OSV records, folders of its bucket, a bucket), of which what changed is brought in every hour, between commas; for the queue inspect',
    ),
  PRATIQUE_CACHE_DIR: text
    .optional()
    .describe('folder for what can be made again (the bundle of the workflows); unset, nothing is kept'),
  PRATIQUE_KEYS_DIR: text.optional().describe('folder of the encrypted keys; for the queue trust, and for no other'),
  PRATIQUE_TRUSTED_ROOT: text
    .optional()
    .describe(
      'file: the Sigstore trusted_root.json that certificates, log entries and timestamps are checked with; for the queue trust. Unset, only keys count',
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
    /** Where what can be made again is kept; undefined keeps nothing. */
    cacheFolder: read.PRATIQUE_CACHE_DIR,
    trustedRoot: signs ? readTrustedRoot(read.PRATIQUE_TRUSTED_ROOT) : undefined,
    keys: signs ? readKeys(read.PRATIQUE_KEYS_DIR, read.PRATIQUE_KEY_PASSPHRASE_FILE) : undefined,
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

function readKeys(folder: string | undefined, passphraseFile: string | undefined) {
  if (folder === undefined || passphraseFile === undefined)
    throw new ConfigError('the trust queue needs PRATIQUE_KEYS_DIR and PRATIQUE_KEY_PASSPHRASE_FILE: set both');
  return { folder, passphrase: readSecretFile('PRATIQUE_KEY_PASSPHRASE_FILE', passphraseFile) };
}
