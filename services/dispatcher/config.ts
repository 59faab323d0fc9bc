/** The dispatcher's configuration: the only place that reads its environment. */
import process from 'node:process';
import { z } from 'zod';
import { parseEnvironment } from '../../adapters/environment/parse-environment.ts';
import { processVariables, readProcess } from '../../adapters/environment/process-variables.ts';
import { kafkaVariables, readKafka } from '../../adapters/kafka/kafka-variables.ts';
import { readRegistry, registryVariables } from '../../adapters/oci/registry-variables.ts';
import { postgresVariables, readPostgres } from '../../adapters/postgres/postgres-variables.ts';
import { readTemporal, temporalVariables } from '../../adapters/temporal/temporal-variables.ts';

/** Everything this service is told. */
export const variables = z.object({
  ...postgresVariables,
  ...kafkaVariables,
  ...temporalVariables,
  ...registryVariables,
  ...processVariables,
});

/** Throws a ConfigError. */
export function readConfig(env: NodeJS.ProcessEnv = process.env) {
  const read = parseEnvironment('dispatcher', variables, env);
  return {
    databaseUrl: readPostgres(read),
    kafka: readKafka(read),
    temporal: readTemporal(read),
    registry: readRegistry(read, env),
    ...readProcess(read),
  };
}
