/** The builder's configuration: the only place that reads its environment. It gets no database. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import { z } from 'zod';
import { ConfigError } from '../../adapters/environment/config-error.ts';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const schema = z.object({
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  PRATIQUE_REGISTRY: z.string().regex(/^[^\s/]+$/, 'expected host[:port]'),
  PRATIQUE_ADMIN_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  PRATIQUE_BUILDER_ID: z.string().min(1),
  PRATIQUE_BUILDER_HOST: z.string().min(1).default(hostname()),
  PRATIQUE_BUILDER_KEYS_DIR: z.string().min(1),
  PRATIQUE_BUILDER_KEY: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/)
    .default('builder'),
  PRATIQUE_KEY_PASSPHRASE_FILE: z.string().min(1),
  PRATIQUE_ALLOWED_SIGNERS_FILE: z.string().min(1),
  PRATIQUE_GIT_LOCAL: list.default([]),
  PRATIQUE_BUILD_FOLDER: z.string().min(1),
  PRATIQUE_BUILD_HIDDEN: list.default([]),
  PRATIQUE_BUILD_PATH: z.string().min(1).default('/usr/local/bin:/usr/bin:/bin'),
  PRATIQUE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
});

/** Throws a ConfigError. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const read = parseEnvironment('builder', schema, env);
  return {
    temporal: { address: read.TEMPORAL_ADDRESS, namespace: read.TEMPORAL_NAMESPACE },
    registry: read.PRATIQUE_REGISTRY,
    adminPort: read.PRATIQUE_ADMIN_PORT,
    builder: { id: read.PRATIQUE_BUILDER_ID, host: read.PRATIQUE_BUILDER_HOST },
    keys: {
      folder: read.PRATIQUE_BUILDER_KEYS_DIR,
      name: read.PRATIQUE_BUILDER_KEY,
      passphrase: readSetting('PRATIQUE_KEY_PASSPHRASE_FILE', read.PRATIQUE_KEY_PASSPHRASE_FILE).trim(),
    },
    allowedSigners: readSetting('PRATIQUE_ALLOWED_SIGNERS_FILE', read.PRATIQUE_ALLOWED_SIGNERS_FILE),
    localRepositories: read.PRATIQUE_GIT_LOCAL,
    workFolder: read.PRATIQUE_BUILD_FOLDER,
    /** What recipes must not see, besides the builder's own keys. */
    hidden: [read.PRATIQUE_BUILDER_KEYS_DIR, ...read.PRATIQUE_BUILD_HIDDEN],
    path: read.PRATIQUE_BUILD_PATH,
    /** Handed to the package clients of `fetch:` by an allow-list (adapters/builder/fetch-environment.ts). */
    environment: env,
    logLevel: read.PRATIQUE_LOG_LEVEL,
    otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
  };
}

function readSetting(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`${name}: ${path} cannot be read`, { cause });
  }
}
