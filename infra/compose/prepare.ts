/** Runs the preparation steps of infra/dev against the containers; the services start when it has ended well. */
import process from 'node:process';
import { prepareLanes } from '../dev/prepare.ts';
import { runLanes } from '../dev/run-lanes.ts';
import { composeHome } from './compose-home.ts';

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: docker-compose.yml sets it for this container`);
}

const temporalAddress = required('TEMPORAL_ADDRESS');
const connection = {
  databaseUrl: required('DATABASE_URL'),
  kafkaBrokers: required('KAFKA_BROKERS'),
  temporalAddress,
  temporalNamespace: required('TEMPORAL_NAMESPACE'),
  temporalUi: `http://${temporalAddress.replace(/:\d+$/, '')}:8233`,
  registry: required('PRATIQUE_REGISTRY'),
  gatewayUrl: 'http://127.0.0.1:8080',
};
const log = (line: string): void => void process.stderr.write(`${line}\n`);
await runLanes(prepareLanes, { home: composeHome, connection, log }, new AbortController().signal);
