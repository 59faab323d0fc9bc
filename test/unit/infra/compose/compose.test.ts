import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { composeHome, composeRegistryConfigFile } from '../../../../infra/compose/compose-home.ts';
import type { RunContext } from '../../../../infra/dev/part.ts';
import { kafkaConfig } from '../../../../infra/dev/parts/kafka-config.ts';
import { kafkaJars } from '../../../../infra/dev/parts/kafka-jars.ts';
import { postgresSettings } from '../../../../infra/dev/parts/postgres.ts';
import { temporal } from '../../../../infra/dev/parts/temporal.ts';
import {
  passedOn,
  serviceDefinitions,
  serviceEnv,
  trustOptions,
  workerOptions,
} from '../../../../infra/dev/services.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const file = `${root}docker-compose.yml`;

const scalar = z.union([z.string(), z.number()]).transform(String);
const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      command: z.array(scalar).default([]),
      // Null: as in the environment of whoever starts it, and not set where it is not.
      environment: z.record(z.string(), scalar.nullable()).default({}),
      ports: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
      network_mode: z.string().optional(),
    }),
  ),
  volumes: z.record(z.string(), z.null()),
});
// The default is in the file; the variable is the user's.
/** Innermost first: a default may name another variable. */
const withDefaults = (text: string) => text.replaceAll(/\$\{\w+:-([^${}]*)\}/g, '$1');
const text = withDefaults(withDefaults(readFileSync(file, 'utf8')));
const compose = composeSchema.parse(parse(text, { merge: true }));
const service = (name: string) => {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
const connection = {
  databaseUrl: 'postgres://pratique:pratique@postgres:5432/pratique',
  kafkaBrokers: 'kafka:9092',
  temporalAddress: 'temporal:7233',
  temporalNamespace: 'default',
  temporalUi: 'http://temporal:8233',
  registry: '127.0.0.1:5000',
  gatewayUrl: 'http://127.0.0.1:8080',
};

describe('docker-compose.yml', () => {
  const plugin = spawnSync('docker', ['compose', 'version']).status === 0;

  it.skipIf(!plugin)('passes `docker compose config` (skipped where the compose plugin is not installed)', () => {
    const result = spawnSync('docker', ['compose', '-f', file, 'config', '-q'], { encoding: 'utf8' });
    expect(result).toMatchObject({ status: 0, stderr: '' });
  });

  it('pins every image by an exact version', () => {
    for (const { image } of Object.values(compose.services))
      expect(image).toMatch(/^(pratique:local|[a-z/]+:\d+\.\d+(\.\d+)?)$/);
  });

  it('declares every volume it mounts, and mounts every one it declares', () => {
    const mounted = Object.values(compose.services).flatMap(({ volumes }) => volumes.map((line) => line.split(':')[0]));
    expect([...new Set(mounted)].toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  });

  it('publishes on loopback only', () => {
    for (const { ports } of Object.values(compose.services))
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('mounts the keys in no service but trust', () => {
    const holders = Object.entries(compose.services).filter(([, { volumes }]) =>
      volumes.some((line) => line.startsWith('keys:')),
    );
    expect(holders.map(([name]) => name).toSorted()).toEqual(['secrets', 'trust']);
  });

  it("mounts the builder's key in no service but its signer, which has no network and runs no recipe", () => {
    const holders = Object.entries(compose.services).filter(([, { volumes }]) =>
      volumes.some((line) => line.startsWith('builder:')),
    );
    expect(holders.map(([name]) => name).toSorted()).toEqual(['builder-signer', 'prepare', 'secrets']);
    expect(service('builder-signer').network_mode).toBe('none');
  });

  it.each([
    ['passwords', ['secrets']],
    ['tokens', ['gateway', 'secrets']],
    ['worker', ['secrets', 'worker']],
    ['dispatcher', ['dispatcher', 'secrets']],
  ])('mounts what opens the registry where it is used: %s', (volume, expected) => {
    const holders = Object.entries(compose.services).filter(([, { volumes }]) =>
      volumes.some((line) => line.startsWith(`${volume}:`)),
    );
    expect(holders.map(([name]) => name).toSorted()).toEqual(expected);
  });

  it('runs scripts that are there', () => {
    for (const name of ['secrets', 'prepare']) expect(existsSync(`${root}${service(name).command[0]}`)).toBe(true);
  });
});

/** Empty is as good as not there. */
const set = (environment: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== '' && value !== null));

const passedOnNames = [
  ...['OTEL_EXPORTER_OTLP_ENDPOINT', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'],
];

describe('in step with infra/dev', () => {
  it.each([
    ['trust', trustOptions],
    ['worker', workerOptions],
  ])('%s may be told the same', (name, options) => {
    for (const option of options) {
      vi.stubEnv(option, `own ${option}`);
      expect(service(name).environment).toHaveProperty(option, '');
      const definition = serviceDefinitions.find((one) => one.name === name);
      const context: RunContext = {
        home: composeHome,
        ports: definition?.ports ?? {},
        connection,
        log: () => undefined,
      };
      expect(definition?.env(context)).toHaveProperty(option, `own ${option}`);
    }
    vi.unstubAllEnvs();
  });

  it.each(serviceDefinitions.map((definition) => [definition.name, definition] as const))('%s', (name, definition) => {
    const context: RunContext = { home: composeHome, ports: definition.ports, connection, log: () => undefined };
    const { PRATIQUE_HOST, PRATIQUE_BUILD_FOLDER, PRATIQUE_SIGNER_SOCKET, ...environment } = service(name).environment;
    expect(set(environment)).toEqual(set(serviceEnv(definition, context)));
    expect(service(name).command).toEqual([definition.entry]);
    expect(service(name).network_mode).toBe(definition.reaches === 'nothing' ? 'none' : 'service:registry');
  });

  it.each(serviceDefinitions)('$name is told of telemetry and of the way out, if it has one', ({ name, reaches }) => {
    const passed = Object.entries(service(name).environment).filter(([, value]) => value === null);
    // One without a network can use none of them.
    expect(passed.map(([variable]) => variable)).toEqual(reaches === 'nothing' ? [] : passedOnNames);
    for (const variable of passedOnNames) vi.stubEnv(variable, `own ${variable}`);
    expect(passedOn()).toMatchObject(Object.fromEntries(passedOnNames.map((each) => [each, `own ${each}`])));
    vi.unstubAllEnvs();
  });

  it('a Postgres with the same settings', () => {
    expect(service('postgres').command).toEqual(['postgres', ...postgresSettings.flatMap((each) => ['-c', each])]);
  });

  it('the same Kafka with the same settings', () => {
    expect(Object.keys(kafkaJars)).toContain(`kafka_2.13-${service('kafka').image.split(':')[1]}.jar`);
    const own = new Set(['listeners', 'advertised.listeners', 'controller.quorum.voters', 'log.dirs']);
    for (const line of kafkaConfig({ main: 9092, controller: 9093 }).trim().split('\n')) {
      const [key = '', value] = line.split(/=(.*)/s);
      const name = `KAFKA_${key.toUpperCase().replaceAll('.', '_')}`;
      if (own.has(key)) expect(service('kafka').environment[name]).toBeDefined();
      else expect([name, service('kafka').environment[name]]).toEqual([name, value]);
    }
  });

  it('the same Temporal, on a file in WAL mode', async () => {
    const dev = readFileSync(`${root}infra/dev/parts/temporal.ts`, 'utf8');
    expect(dev).toContain(`VERSION = '${service('temporal').image.split(':')[1]}'`);
    expect(service('temporal').command.join(' ')).toContain('--sqlite-pragma journal_mode=WAL');
    expect(service('temporal').ports).toEqual([`127.0.0.1:${temporal.ports.ui}:${temporal.ports.ui}`]);
  });

  it('a registry on the configuration that is written for it', () => {
    expect(service('registry').command).toEqual(['serve', composeRegistryConfigFile]);
    expect(service('registry').volumes).toContain('webhook:/var/lib/pratique/webhook:ro');
  });
});
