import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConfigError } from '../../../../adapters/environment/config-error.ts';
import { readConfig } from '../../../../services/gateway/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'pratique-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const env = {
  DATABASE_URL: 'postgres://u:p@127.0.0.1/db',
  KAFKA_BROKERS: '127.0.0.1:9092, 127.0.0.1:9093',
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  PRATIQUE_REGISTRY: '127.0.0.1:5000',
  PRATIQUE_PORT: '8080',
  PRATIQUE_WEBHOOK_SECRET_FILE: file('secret', 'sixteen characters\n'),
};

test('what is given is read, what is left out has its default', () => {
  expect(readConfig({ ...env, PRATIQUE_LOG_LEVEL: '' })).toMatchObject({
    kafka: { brokers: ['127.0.0.1:9092', '127.0.0.1:9093'] },
    temporal: { namespace: 'default' },
    host: '127.0.0.1',
    port: 8080,
    adminPort: undefined,
    webhookSecret: 'sixteen characters',
    logLevel: 'info',
  });
});

test('security of Kafka comes from files', () => {
  const config = readConfig({
    ...env,
    KAFKA_CA_FILE: file('ca.pem', 'CA'),
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: 'gateway',
    KAFKA_SASL_PASSWORD_FILE: file('password', 'a password of the broker'),
  });
  expect(config.kafka).toMatchObject({
    tls: { ca: 'CA' },
    sasl: { mechanism: 'scram-sha-512', username: 'gateway', password: 'a password of the broker' },
  });
});

test.each([
  ['a missing variable', { KAFKA_BROKERS: undefined }, 'KAFKA_BROKERS'],
  ['a broker without a port', { KAFKA_BROKERS: 'kafka' }, 'expected host:port'],
  ['another database', { DATABASE_URL: 'mysql://u:secret@h/db' }, 'DATABASE_URL: expected postgres://'],
  ['a port that is none', { PRATIQUE_PORT: '70000' }, 'PRATIQUE_PORT'],
  ['a secret file that is not there', { PRATIQUE_WEBHOOK_SECRET_FILE: join(folder, 'none') }, 'cannot be read'],
  ['a secret that is too short', { PRATIQUE_WEBHOOK_SECRET_FILE: file('short', 'abc') }, 'shorter than 16'],
  ['half of a SASL login', { KAFKA_SASL_MECHANISM: 'plain' }, 'KAFKA_SASL_USERNAME'],
])('%s ends the start, named', (_, change, message) => {
  const read = () => readConfig({ ...env, ...change });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(message);
  expect(read).not.toThrow('secret@');
});
