import { describe, expect, it } from 'vitest';
import type { RunContext } from '../../../../infra/dev/part.ts';
import { serviceDefinitions, serviceEnv } from '../../../../infra/dev/services.ts';
import { stackHome } from '../../../../infra/dev/stack-home.ts';

const home = stackHome('/state');
const context: RunContext = {
  home,
  ports: { main: 8080, admin: 9464 },
  connection: {
    databaseUrl: 'postgres://u:p@127.0.0.1:1/d',
    kafkaBrokers: '127.0.0.1:2',
    temporalAddress: '127.0.0.1:3',
    temporalNamespace: 'default',
    temporalUi: 'http://127.0.0.1:4',
    registry: '127.0.0.1:5',
    gatewayUrl: 'http://127.0.0.1:6',
  },
  log: () => undefined,
};
const environments = serviceDefinitions.map(
  (definition) => [definition.name, serviceEnv(definition, context)] as const,
);
const holders = (value: string): string[] =>
  environments.filter(([, env]) => Object.values(env).includes(value)).map(([name]) => name);

describe('what each service is given', () => {
  it('keys and their passphrase: the trust service alone (invariant 8)', () => {
    expect(holders(home.keysDir)).toEqual(['trust']);
    expect(holders(home.keyPassphraseFile)).toEqual(['trust']);
  });

  it('the webhook secret: the gateway alone', () => {
    expect(holders(home.webhookSecretFile)).toEqual(['gateway']);
  });

  it("the key of the registry's tokens and the hashes of its users: the gateway alone", () => {
    expect(holders(home.registryTokenKeyFile)).toEqual(['gateway']);
    expect(holders(home.registryServicesFile)).toEqual(['gateway']);
  });

  it.each(['dispatcher', 'worker', 'trust', 'builder'])(
    '%s: its own login at the registry, and nobody else',
    (name) => {
      expect(holders(home.registryLoginDir(name))).toEqual([name]);
    },
  );

  it.each(environments)('%s: never the home folder, from which it could find the rest', (_, env) => {
    expect(Object.values(env)).not.toContain(home.dir);
    expect(env.PRATIQUE_HOME).toBeUndefined();
  });

  it.each(environments)('%s: a port for its metrics, and the servers, unless it signs builds', (name, env) => {
    const servers = {
      TEMPORAL_ADDRESS: '127.0.0.1:3',
      TEMPORAL_NAMESPACE: 'default',
      PRATIQUE_REGISTRY: '127.0.0.1:5',
    };
    expect(env.PRATIQUE_ADMIN_PORT).toBe('9464');
    if (name === 'builder-signer') for (const server of Object.keys(servers)) expect(env).not.toHaveProperty(server);
    else expect(env).toMatchObject(servers);
  });

  it.each(environments)('%s: the database and the events, unless it has to do with builds', (name, env) => {
    const sees = name.startsWith('builder') ? undefined : 'postgres://u:p@127.0.0.1:1/d';
    expect([env.DATABASE_URL, env.KAFKA_BROKERS]).toEqual([sees, sees && '127.0.0.1:2']);
  });

  it("the builder's key and its passphrase: its signer alone, which runs no recipe", () => {
    expect(holders(home.builderKeysDir)).toEqual(['builder-signer']);
    expect(holders(home.builderPassphraseFile)).toEqual(['builder-signer']);
  });

  it('task queues: every one served, `trust` by one service', () => {
    const queues = environments.flatMap(([, env]) => env.PRATIQUE_TASK_QUEUES?.split(',') ?? []);
    expect(queues.toSorted()).toEqual(['control', 'inspect', 'trust', 'urgent']);
  });
});
