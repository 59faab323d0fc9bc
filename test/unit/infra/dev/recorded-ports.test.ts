import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { embeddedPostgres } from '../../../../infra/dev/parts/postgres.ts';
import { registry } from '../../../../infra/dev/parts/registry.ts';
import { planPorts } from '../../../../infra/dev/plan-up.ts';
import { openPortClaims } from '../../../../infra/dev/process/port-claims.ts';
import { readRecordedPorts, recordPorts } from '../../../../infra/dev/recorded-ports.ts';
import { serviceParts } from '../../../../infra/dev/services.ts';
import { createStackHome, type StackHome, stackHome } from '../../../../infra/dev/stack-home.ts';
import { takeDown } from '../../../../infra/dev/take-down.ts';

let dir: string;
let home: StackHome;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique-ports-'));
  home = stackHome(join(dir, '.pratique'));
  await createStackHome(home);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const log = () => undefined;

/** What an `up` after a `down` asks for. */
async function planAfterDown(servers = [embeddedPostgres, registry]) {
  using claims = openPortClaims();
  const services = serviceParts('0').filter(({ name }) => name === 'gateway');
  return planPorts({ home, servers, services, previous: undefined, log }, [], 'preferred', claims);
}

async function somePort(): Promise<number> {
  using claims = openPortClaims();
  return (await claims.allocate({ main: 0 })).main as number;
}

it('asks for the recorded ports first, though the default ones are free', async () => {
  const [main, gateway] = [await somePort(), await somePort()];
  recordPorts(home, new Map([['registry', { main }]]));
  recordPorts(home, new Map([['gateway', { main: gateway }]]));
  const ports = await planAfterDown([registry]);
  expect(ports.get('registry')).toEqual({ main });
  expect(ports.get('gateway')).toMatchObject({ main: gateway });
});

it('takes another where the recorded one is taken, and the recorded one again when it is free', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port: main } = blocker.address() as { port: number };
  recordPorts(home, new Map([['registry', { main }]]));
  expect((await planAfterDown()).get('registry')?.main).not.toBe(main);
  blocker.close();
  await once(blocker, 'close');
  expect((await planAfterDown()).get('registry')?.main).toBe(main);
});

it('records, while it is taken down, what a version that recorded no ports had started', async () => {
  const connection = {
    ...{ databaseUrl: '', kafkaBrokers: '', temporalAddress: '', temporalNamespace: '', temporalUi: '' },
    ...{ registry: '127.0.0.1:5', gatewayUrl: 'http://127.0.0.1:6' },
  };
  const part = { name: 'registry', kind: 'server', address: '127.0.0.1:5', version: '3', ports: { main: 5 } } as const;
  const parts = [{ ...part, process: null, stopSignal: 'SIGTERM', log: '' } as const];
  const record = { format: 1, supervisor: null, connection, parts } as const;
  await takeDown(home, { ...record, parts: [...parts], ready: false }, log);
  expect(readRecordedPorts(home)).toEqual({});
  await takeDown(home, { ...record, parts: [...parts], ready: true }, log);
  expect(readRecordedPorts(home)).toEqual({ registry: { main: 5 } });
});

it.each(['', '{"registry":5000}', '{"registry":{"main":0}}'])('refuses %j, and says how to mend it', async (text) => {
  await writeFile(home.portsFile, text);
  expect(() => readRecordedPorts(home)).toThrow(
    expect.objectContaining({ code: 'RECORD_UNREADABLE', hint: expect.stringContaining('{"registry":{"main":5000}}') }),
  );
});
