/** The worker's configuration: the only place that reads its environment. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { z } from 'zod';
import { ConfigError } from '../../adapters/environment/config-error.ts';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';
import { type TaskQueue, taskQueues } from '../../domain/artifact/subject.ts';

const queues = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .pipe(z.array(z.enum(Object.values(taskQueues) as [TaskQueue, ...TaskQueue[]])).min(1));

const schema = z.object({
  DATABASE_URL: z.string().regex(/^postgres(?:ql)?:\/\//, 'expected postgres://user:password@host:port/database'),
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  PRATIQUE_REGISTRY: z.string().regex(/^[^\s/]+$/, 'expected host[:port]'),
  PRATIQUE_TASK_QUEUES: queues,
  PRATIQUE_ADMIN_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  PRATIQUE_INSTALLATION: z.url().default('https://pratique.dev/installations/local'),
  PRATIQUE_CACHE_DIR: z.string().min(1).optional(),
  PRATIQUE_KEYS_DIR: z.string().min(1).optional(),
  PRATIQUE_KEY_PASSPHRASE_FILE: z.string().min(1).optional(),
  PRATIQUE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
});

export type WorkerConfig = ReturnType<typeof readConfig>;

/** Throws a ConfigError. Only a worker of the `trust` queue may be given keys, and it must be. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const read = parseEnvironment('worker', schema, env);
  const signs = read.PRATIQUE_TASK_QUEUES.includes('trust');
  if (signs && read.PRATIQUE_TASK_QUEUES.length > 1)
    throw new ConfigError('PRATIQUE_TASK_QUEUES: the trust queue has a process of its own');
  if (!signs && read.PRATIQUE_KEYS_DIR !== undefined)
    throw new ConfigError('PRATIQUE_KEYS_DIR: keys are for the worker of the trust queue only');
  return {
    databaseUrl: read.DATABASE_URL,
    temporal: { address: read.TEMPORAL_ADDRESS, namespace: read.TEMPORAL_NAMESPACE },
    registry: read.PRATIQUE_REGISTRY,
    queues: read.PRATIQUE_TASK_QUEUES,
    adminPort: read.PRATIQUE_ADMIN_PORT,
    installation: read.PRATIQUE_INSTALLATION,
    /** Where what can be made again is kept; undefined keeps nothing. */
    cacheFolder: read.PRATIQUE_CACHE_DIR,
    keys: signs ? readKeys(read.PRATIQUE_KEYS_DIR, read.PRATIQUE_KEY_PASSPHRASE_FILE) : undefined,
    logLevel: read.PRATIQUE_LOG_LEVEL,
    otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
  };
}

function readKeys(folder: string | undefined, passphraseFile: string | undefined) {
  if (folder === undefined || passphraseFile === undefined)
    throw new ConfigError('the trust queue needs PRATIQUE_KEYS_DIR and PRATIQUE_KEY_PASSPHRASE_FILE');
  try {
    return { folder, passphrase: readFileSync(passphraseFile, 'utf8').trim() };
  } catch (cause) {
    throw new ConfigError(`PRATIQUE_KEY_PASSPHRASE_FILE: ${passphraseFile} cannot be read`, { cause });
  }
}
