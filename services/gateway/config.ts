/** The gateway's configuration: the only place that reads its environment. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { z } from 'zod';
import { ConfigError } from '../../adapters/environment/config-error.ts';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';
import { readRegistryTokenConfig, registryTokenSettings } from './registry-token-config.ts';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const port = z.coerce.number().int().min(0).max(65_535);

const schema = z.object({
  DATABASE_URL: z.string().regex(/^postgres(?:ql)?:\/\//, 'expected postgres://user:password@host:port/database'),
  KAFKA_BROKERS: list.pipe(z.array(z.string().regex(/^[^\s:]+:\d+$/, 'expected host:port')).min(1)),
  KAFKA_CA_FILE: z.string().optional(),
  KAFKA_CERT_FILE: z.string().optional(),
  KAFKA_KEY_FILE: z.string().optional(),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD_FILE: z.string().optional(),
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  PRATIQUE_REGISTRY: z.string().regex(/^[^\s/]+$/, 'expected host[:port]'),
  PRATIQUE_HOST: z.string().min(1).default('127.0.0.1'),
  PRATIQUE_PORT: port,
  PRATIQUE_ADMIN_PORT: port.optional(),
  PRATIQUE_WEBHOOK_SECRET_FILE: z.string().min(1),
  ...registryTokenSettings,
  PRATIQUE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
});

export type GatewayConfig = ReturnType<typeof readConfig>;

/** Throws a ConfigError. Secrets are read from their files here, so that a missing file ends the start. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const read = parseEnvironment('gateway', schema, env);
  return {
    databaseUrl: read.DATABASE_URL,
    kafka: { brokers: read.KAFKA_BROKERS, ...kafkaSecurity(read) },
    temporal: { address: read.TEMPORAL_ADDRESS, namespace: read.TEMPORAL_NAMESPACE },
    registry: read.PRATIQUE_REGISTRY,
    host: read.PRATIQUE_HOST,
    port: read.PRATIQUE_PORT,
    adminPort: read.PRATIQUE_ADMIN_PORT,
    webhookSecret: readSecretFile('PRATIQUE_WEBHOOK_SECRET_FILE', read.PRATIQUE_WEBHOOK_SECRET_FILE),
    registryTokens: readRegistryTokenConfig(read, readFile),
    logLevel: read.PRATIQUE_LOG_LEVEL,
    otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
  };
}

function kafkaSecurity(read: z.infer<typeof schema>) {
  const tls =
    read.KAFKA_CA_FILE === undefined
      ? {}
      : {
          tls: {
            ca: readFile('KAFKA_CA_FILE', read.KAFKA_CA_FILE),
            ...(read.KAFKA_CERT_FILE === undefined ? {} : { cert: readFile('KAFKA_CERT_FILE', read.KAFKA_CERT_FILE) }),
            ...(read.KAFKA_KEY_FILE === undefined ? {} : { key: readFile('KAFKA_KEY_FILE', read.KAFKA_KEY_FILE) }),
          },
        };
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD_FILE: file } = read;
  if (mechanism === undefined) return tls;
  if (username === undefined || file === undefined)
    throw new ConfigError('KAFKA_SASL_MECHANISM needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD_FILE');
  return { ...tls, sasl: { mechanism, username, password: readSecretFile('KAFKA_SASL_PASSWORD_FILE', file) } as const };
}

const MIN_SECRET_CHARACTERS = 16;

function readSecretFile(name: string, path: string): string {
  const secret = readFile(name, path).trim();
  if (secret.length < MIN_SECRET_CHARACTERS)
    throw new ConfigError(`${name}: the secret in ${path} is shorter than ${MIN_SECRET_CHARACTERS} characters`);
  return secret;
}

function readFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`${name}: ${path} cannot be read`, { cause });
  }
}
