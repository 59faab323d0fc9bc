/** What services are told about their engines: what can not be meant ends the start, named, and without the secret. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../../../../adapters/environment/config-error.ts';
import { parseEnvironment } from '../../../../adapters/environment/parse-environment.ts';
import { kafkaVariables, readKafka } from '../../../../adapters/kafka/kafka-variables.ts';
import { readRegistry, registryVariables } from '../../../../adapters/oci/registry-variables.ts';
import { readTemporal, temporalVariables } from '../../../../adapters/temporal/temporal-variables.ts';
import { createTestAuthority, writeFiles } from '../../../certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'pratique-variables-'));
afterAll(() => rmSync(folder, { recursive: true }));
const authority = createTestAuthority('authority');
const [client, other] = [authority.issue('client'), authority.issue('other')];
const files = writeFiles(folder, {
  ca: authority.ca,
  cert: client.cert,
  key: client.key,
  otherKey: other.key,
  password: 'hunter2\n',
  empty: '\n',
  'config.json': '{"auths": {"registry.example": {"auth": "aHVudGVyMg',
});

type Environment = Readonly<Record<string, string>>;
const kafka = (change: Environment) =>
  readKafka(parseEnvironment('test', z.object(kafkaVariables), { KAFKA_BROKERS: 'kafka.internal:9093', ...change }));
const temporal = (change: Environment) =>
  readTemporal(
    parseEnvironment('test', z.object(temporalVariables), { TEMPORAL_ADDRESS: 'temporal.internal:7233', ...change }),
  );
const registry = (change: Environment) =>
  readRegistry(
    parseEnvironment('test', z.object(registryVariables), { PRATIQUE_REGISTRY: 'registry.example', ...change }),
    {},
  );
const login = {
  KAFKA_SASL_MECHANISM: 'plain',
  KAFKA_SASL_USERNAME: 'u',
  KAFKA_SASL_PASSWORD_FILE: files.password,
};

describe('what is meant', () => {
  it.each<[string, unknown, object]>([
    ['no TLS unless something says so', kafka({}), { brokers: ['kafka.internal:9093'] }],
    ['the authorities of the system', kafka({ KAFKA_TLS: 'true' }), { tls: {} }],
    ['a file turns it on', kafka({ KAFKA_CA_FILE: files.ca }), { tls: { ca: authority.ca } }],
    [
      'a login on a network that encrypts itself',
      kafka({ ...login, KAFKA_TLS: 'false' }),
      { sasl: { mechanism: 'plain', username: 'u', password: 'hunter2' } },
    ],
    [
      'an API key turns it on',
      temporal({ TEMPORAL_API_KEY_FILE: files.password }),
      { namespace: 'default', tls: {}, apiKey: 'hunter2' },
    ],
    [
      'both sides have a certificate',
      temporal({ TEMPORAL_TLS_CLIENT_CERT_PATH: files.cert, TEMPORAL_TLS_CLIENT_KEY_PATH: files.key }),
      { tls: { client } },
    ],
    ['a registry on a loopback address', registry({ PRATIQUE_REGISTRY: '127.0.0.1:5000' }), { plainHttp: true }],
    ['a registry elsewhere', registry({}), { plainHttp: false, realmHosts: [], egressHosts: [] }],
    [
      'hosts by name, and public ones below a domain',
      registry({ PRATIQUE_EGRESS_HOSTS: 'blobs.internal:8443, *.s3.amazonaws.com' }),
      { egressHosts: ['blobs.internal:8443', '*.s3.amazonaws.com'] },
    ],
  ])('%s', (_name, settings, expected) => {
    expect(settings).toMatchObject(expected);
  });
});

it.each<[string, () => unknown, string]>([
  [
    'a missing variable says what it is',
    () => kafka({ KAFKA_BROKERS: '' }),
    'KAFKA_BROKERS: is not set. Set it to: host:port',
  ],
  ['a broker without a port', () => kafka({ KAFKA_BROKERS: 'kafka' }), 'KAFKA_BROKERS: expected host:port'],
  ['a word for yes', () => kafka({ KAFKA_TLS: 'yes' }), 'KAFKA_TLS'],
  ['half of a login', () => kafka({ KAFKA_SASL_MECHANISM: 'plain' }), 'needs KAFKA_SASL_USERNAME'],
  ['a login without its kind', () => kafka({ KAFKA_SASL_USERNAME: 'u' }), 'need KAFKA_SASL_MECHANISM'],
  ['a password in the clear', () => kafka(login), 'would travel in the clear. Set KAFKA_TLS to true'],
  ['files for TLS, and no TLS', () => kafka({ KAFKA_TLS: 'false', KAFKA_CA_FILE: files.ca }), 'KAFKA_TLS is false'],
  ['a key without its certificate', () => kafka({ KAFKA_KEY_FILE: files.key }), 'KAFKA_KEY_FILE needs KAFKA_CERT_FILE'],
  [
    'the key of another certificate',
    () => kafka({ KAFKA_CERT_FILE: files.cert, KAFKA_KEY_FILE: files.otherKey }),
    'is not the key of',
  ],
  ['a file that holds something else', () => kafka({ KAFKA_CA_FILE: files.password }), 'holds no certificate in PEM'],
  [
    'an empty password',
    () => kafka({ ...login, KAFKA_TLS: 'true', KAFKA_SASL_PASSWORD_FILE: files.empty }),
    'KAFKA_SASL_PASSWORD_FILE: ',
  ],
  [
    'an API key in the clear',
    () => temporal({ TEMPORAL_TLS: 'false', TEMPORAL_API_KEY_FILE: files.password }),
    'would travel in the clear. Set TEMPORAL_TLS to true',
  ],
  [
    'a name for TLS, and no TLS',
    () => temporal({ TEMPORAL_TLS: 'false', TEMPORAL_TLS_SERVER_NAME: 'x' }),
    'TEMPORAL_TLS is false',
  ],
  ['a registry with a path', () => registry({ PRATIQUE_REGISTRY: 'registry.example/shop' }), 'expected host[:port]'],
  [
    'everybody',
    () => registry({ PRATIQUE_EGRESS_HOSTS: '*' }),
    'PRATIQUE_EGRESS_HOSTS: expected host[:port], or *.domain',
  ],
  ['everybody below a top level', () => registry({ PRATIQUE_EGRESS_HOSTS: '*.com' }), 'PRATIQUE_EGRESS_HOSTS'],
  ['a broken config.json', () => registry({ PRATIQUE_REGISTRY_CONFIG: folder }), 'is not a Docker config.json'],
  [
    'a folder without one',
    () => registry({ PRATIQUE_REGISTRY_CONFIG: '/nowhere' }),
    '/nowhere/config.json cannot be read',
  ],
  [
    'an authority for plain HTTP',
    () => registry({ PRATIQUE_REGISTRY_PLAIN_HTTP: 'true', PRATIQUE_REGISTRY_CA_FILE: files.ca }),
    'PRATIQUE_REGISTRY_CA_FILE',
  ],
])('%s', (_name, read, message) => {
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(message);
  expect(read).not.toThrow(/hunter2|aHVudGVyMg/);
});
