/** The dispatcher's configuration: the only place that reads its environment. */
import process from 'node:process';
import { z } from 'zod';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';

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

/** Throws a ConfigError. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const read = parseEnvironment('dispatcher', schema, env);
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
