/** A broker that takes TLS with a certificate on both sides, and a login: each mechanism a service can be told. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { parseEnvironment } from '../../../adapters/environment/parse-environment.ts';
import { connectKafka } from '../../../adapters/kafka/connect.ts';
import { createEventProducer } from '../../../adapters/kafka/event-producer.ts';
import { createKafkaInspector } from '../../../adapters/kafka/kafka-inspector.ts';
import { kafkaVariables, readKafka } from '../../../adapters/kafka/kafka-variables.ts';
import { createLogger } from '../../../adapters/telemetry/logger.ts';
import { runTool } from '../../../infra/dev/fetch/run-tool.ts';
import type { Launch } from '../../../infra/dev/part.ts';
import { kafka } from '../../../infra/dev/parts/kafka.ts';
import { createTestAuthority, writeFiles } from '../../certificates.ts';
import { type OwnServer, startOwnServer } from '../../own-server.ts';

const authority = createTestAuthority('broker authority');
const folder = mkdtempSync(join(tmpdir(), 'pratique-kafka-tls-'));
const password = randomBytes(12).toString('hex');
const client = authority.issue('pratique');
const files = writeFiles(folder, {
  ca: authority.ca,
  otherCa: createTestAuthority('another authority').ca,
  cert: client.cert,
  key: client.key,
  password,
  wrong: 'not the password',
});
const logger = createLogger('kafka-test', 'silent');

let server: OwnServer;
beforeAll(async () => {
  server = await startOwnServer(
    kafka,
    async ({ launch, ports }) => {
      const own = authority.issue('the broker');
      await writeFile(join(launch.cwd, 'broker.pem'), own.key + own.cert, { mode: 0o600 });
      await writeFile(join(launch.cwd, 'ca.pem'), authority.ca);
      await appendFile(join(launch.cwd, 'server.properties'), secured(ports));
      await addUsers(launch);
      return launch;
    },
    async (started) => {
      const admin = connect({}, started.ports.main).admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: 'secured' }], waitForLeaders: true });
      await admin.disconnect();
    },
  );
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** On top of what infra/dev writes: of two lines for one setting, the later counts. */
function secured(ports: Readonly<Record<string, number>>): string {
  const login = 'org.apache.kafka.common.security';
  return Object.entries({
    listeners: `SASL_SSL://127.0.0.1:${ports.main},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `SASL_SSL://localhost:${ports.main}`,
    'inter.broker.listener.name': 'SASL_SSL',
    'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${login}.plain.PlainLoginModule required username="pratique" password="${password}" user_pratique="${password}";`,
    'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${login}.scram.ScramLoginModule required;`,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': 'broker.pem',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': 'ca.pem',
    // With a login, this listener's own setting alone is heard (KIP-684).
    'listener.name.sasl_ssl.ssl.client.auth': 'required',
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** KRaft takes the first SCRAM users when its storage is formatted. */
async function addUsers({ command, args, cwd }: Launch): Promise<void> {
  await rm(join(cwd, 'log'), { recursive: true });
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=pratique,password=${password}]`,
  ]);
  await runTool({
    tool: command,
    args: [
      ...args.slice(0, -2),
      ...['kafka.tools.StorageTool', 'format', '-t', randomBytes(16).toString('base64url'), '-c', 'server.properties'],
      ...users,
    ],
    cwd,
    doing: 'kafka: formatting with users',
    fallback: 'look at what Kafka says',
    log: () => undefined,
    signal: AbortSignal.timeout(60_000),
  });
}

/** As a service is told; an empty variable is an unset one. */
function connect(change: Readonly<Record<string, string>>, port = server.ports.main) {
  const read = parseEnvironment('test', z.object(kafkaVariables), {
    KAFKA_BROKERS: `localhost:${port}`,
    KAFKA_CA_FILE: files.ca,
    KAFKA_CERT_FILE: files.cert,
    KAFKA_KEY_FILE: files.key,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: 'pratique',
    KAFKA_SASL_PASSWORD_FILE: files.password,
    ...change,
  });
  return connectKafka({ ...readKafka(read), clientId: 'kafka-test' }, logger);
}

async function publish(change: Readonly<Record<string, string>>): Promise<void> {
  const producer = createEventProducer({ kafka: connect(change), deadlineMs: 8000 });
  try {
    await producer.publish({ topic: 'secured', key: 'k', value: 'v' });
  } finally {
    await producer.close();
  }
}

it.each(['plain', 'scram-sha-256', 'scram-sha-512'])('a record is taken after a login by %s', async (mechanism) => {
  await publish({ KAFKA_SASL_MECHANISM: mechanism });
});

it('the administrative connection logs in too', async () => {
  const inspector = createKafkaInspector(connect({}));
  expect(await inspector.isHealthy()).toBe(true);
  await inspector.close();
});

it.each<[string, Readonly<Record<string, string>>]>([
  ['a wrong password', { KAFKA_SASL_PASSWORD_FILE: files.wrong }],
  ['no certificate of ours', { KAFKA_CERT_FILE: '', KAFKA_KEY_FILE: '' }],
  ['another authority', { KAFKA_CA_FILE: files.otherCa }],
  ['no TLS', { KAFKA_CA_FILE: '', KAFKA_CERT_FILE: '', KAFKA_KEY_FILE: '', KAFKA_TLS: 'false' }],
  ['no login', { KAFKA_SASL_MECHANISM: '', KAFKA_SASL_USERNAME: '', KAFKA_SASL_PASSWORD_FILE: '' }],
])('%s: nothing is taken', async (_name, change) => {
  await expect(publish(change)).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' });
});
