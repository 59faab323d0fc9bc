/** The dispatcher's configuration: the only place that reads its environment. */
import process from 'node:process';
import { z } from 'zod';

const brokers = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .pipe(z.array(z.string().regex(/^[^\s:]+:\d+$/, 'expected host:port')).min(1));

const schema = z.object({
  DATABASE_URL: z.string().regex(/^postgres(?:ql)?:\/\//, 'expected postgres://user:password@host:port/database'),
  KAFKA_BROKERS: brokers,
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  PRATIQUE_REGISTRY: z.string().regex(/^[^\s/]+$/, 'expected host[:port]'),
  PRATIQUE_ADMIN_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  PRATIQUE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
});

/** What is missing or wrong in the environment, a line each: names, never values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';
}

/** Throws a ConfigError. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success)
    throw new ConfigError(
      `the dispatcher's environment:\n${parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`).join('\n')}`,
    );
  const read = parsed.data;
  return {
    databaseUrl: read.DATABASE_URL,
    brokers: read.KAFKA_BROKERS,
    temporal: { address: read.TEMPORAL_ADDRESS, namespace: read.TEMPORAL_NAMESPACE },
    registry: read.PRATIQUE_REGISTRY,
    adminPort: read.PRATIQUE_ADMIN_PORT,
    logLevel: read.PRATIQUE_LOG_LEVEL,
    otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
  };
}
