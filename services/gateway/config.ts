/** The gateway's configuration: the only place that reads its environment. */
import process from 'node:process';
import { z } from 'zod';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';
import { processVariables, readProcess } from '../../adapters/environment/process-variables.ts';
import { readSecretFile, readTextFile } from '../../adapters/environment/read-files.ts';
import { port, text } from '../../adapters/environment/variable-kinds.ts';
import { kafkaVariables, readKafka } from '../../adapters/kafka/kafka-variables.ts';
import { registryVariables } from '../../adapters/oci/registry-variables.ts';
import { issuerVariables, readIssuers } from '../../adapters/oidc/issuer-variables.ts';
import { postgresVariables, readPostgres } from '../../adapters/postgres/postgres-variables.ts';
import { readTemporal, temporalVariables } from '../../adapters/temporal/temporal-variables.ts';
import { readRelyingParty, relyingPartyVariables } from '../../adapters/webauthn/relying-party-variables.ts';
import { readRegistryTokenConfig, registryTokenSettings } from './registry-token-config.ts';
import { defaultLimits } from './request-limits.ts';

const rate = z.coerce.number().positive().max(1_000_000);

/** Everything this service is told. It reads nothing in the registry: it knows whose events it takes, and asks it the time. */
export const variables = z.object({
  ...postgresVariables,
  ...kafkaVariables,
  ...temporalVariables,
  PRATIQUE_REGISTRY: registryVariables.PRATIQUE_REGISTRY,
  ...processVariables,
  PRATIQUE_HOST: text.default('127.0.0.1').describe('address the API and the webhooks listen on'),
  PRATIQUE_PORT: port.describe('port of the API and the webhooks'),
  PRATIQUE_WEBHOOK_SECRET_FILE: text.describe(
    'file with the secret that the webhooks of the registry carry, at least 16 characters',
  ),
  PRATIQUE_API_REQUESTS_PER_SECOND: rate
    .default(defaultLimits.apiPerSecond)
    .describe('requests a second of one API token, or of one address without; ten times as many at once'),
  PRATIQUE_WEBHOOK_REQUESTS_PER_SECOND: rate
    .default(defaultLimits.webhooksPerSecond)
    .describe('webhook calls a second from one address; ten times as many at once'),
  ...issuerVariables,
  ...relyingPartyVariables,
  ...registryTokenSettings,
});

/** Characters of the secret that webhooks carry. */
const MIN_SECRET_CHARACTERS = 16;

export type GatewayConfig = ReturnType<typeof readConfig>;

/** Throws a ConfigError. Secrets are read from their files here, so that a missing file ends the start. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const read = parseEnvironment('gateway', variables, env);
  return {
    databaseUrl: readPostgres(read),
    kafka: readKafka(read),
    temporal: readTemporal(read),
    registry: read.PRATIQUE_REGISTRY,
    host: read.PRATIQUE_HOST,
    port: read.PRATIQUE_PORT,
    webhookSecret: readSecretFile(
      'PRATIQUE_WEBHOOK_SECRET_FILE',
      read.PRATIQUE_WEBHOOK_SECRET_FILE,
      MIN_SECRET_CHARACTERS,
    ),
    limits: {
      apiPerSecond: read.PRATIQUE_API_REQUESTS_PER_SECOND,
      webhooksPerSecond: read.PRATIQUE_WEBHOOK_REQUESTS_PER_SECOND,
    },
    approvals: { ...readIssuers(read), relyingParty: readRelyingParty(read) },
    registryTokens: readRegistryTokenConfig(read, readTextFile),
    ...readProcess(read),
  };
}
