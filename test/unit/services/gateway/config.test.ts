import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../../adapters/environment/config-error.ts';
import { registryServices } from '../../../../domain/identity/registry-access.ts';
import { selfSignedCertificate } from '../../../../infra/dev/self-signed-certificate.ts';
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
    limits: { apiPerSecond: 100, webhooksPerSecond: 1000 },
    admin: { host: '127.0.0.1', port: 0 },
    shutdownSeconds: 25,
    webhookSecret: 'sixteen characters',
    logLevel: 'info',
  });
});

test.each([
  ['a missing variable', { KAFKA_BROKERS: undefined }, 'KAFKA_BROKERS'],
  ['a broker without a port', { KAFKA_BROKERS: 'kafka' }, 'expected host:port'],
  ['another database', { DATABASE_URL: 'mysql://u:secret@h/db' }, 'DATABASE_URL: expected postgres://'],
  ['a rate that lets nothing through', { PRATIQUE_API_REQUESTS_PER_SECOND: '0' }, 'PRATIQUE_API_REQUESTS_PER_SECOND'],
  ['a port that is none', { PRATIQUE_PORT: '70000' }, 'PRATIQUE_PORT'],
  ['a secret file that is not there', { PRATIQUE_WEBHOOK_SECRET_FILE: join(folder, 'none') }, 'cannot be read'],
  ['a secret that is too short', { PRATIQUE_WEBHOOK_SECRET_FILE: file('short', 'abc') }, 'shorter than 16'],
])('%s ends the start, named', (_, change, message) => {
  const read = () => readConfig({ ...env, ...change });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(message);
  expect(read).not.toThrow('secret@');
});

describe('the token server of a registry', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const dates = { notBefore: new Date(0), notAfter: new Date(1e13) };
  const certificate = selfSignedCertificate({ key: privateKey, commonName: 'x', ...dates });
  const hashes = Object.fromEntries(registryServices.map((service) => [service, 'a'.repeat(64)]));
  const users = {
    PRATIQUE_REGISTRY_TOKEN_KEY_FILE: file('key.pem', String(privateKey.export({ type: 'pkcs8', format: 'pem' }))),
    PRATIQUE_REGISTRY_TOKEN_CERTIFICATE_FILE: file('certificate.pem', certificate),
    PRATIQUE_REGISTRY_SERVICES_FILE: file('services.json', JSON.stringify(hashes)),
  };

  test('is none without a key, and one with its files', () => {
    expect(readConfig(env).registryTokens).toBeUndefined();
    expect(readConfig({ ...env, ...users }).registryTokens).toMatchObject({
      issuer: { service: 'pratique-registry' },
      services: hashes,
    });
  });

  test.each([
    ['half of it', { PRATIQUE_REGISTRY_SERVICES_FILE: undefined }, 'needs PRATIQUE_REGISTRY_TOKEN_CERTIFICATE_FILE'],
    ['a key that is none', { PRATIQUE_REGISTRY_TOKEN_KEY_FILE: file('no-key', 'secret text') }, 'not an ECDSA key'],
    ['a service too few', { PRATIQUE_REGISTRY_SERVICES_FILE: file('few', '{"read":"x"}') }, 'a hash for each of'],
  ])('%s ends the start, named', (_, change, message) => {
    const read = () => readConfig({ ...env, ...users, ...change });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
    expect(read).not.toThrow('secret text');
  });
});
