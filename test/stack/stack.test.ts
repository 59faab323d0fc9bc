import { chmod, mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { topicPlans } from '../../infra/dev/kafka-topics.ts';
import { isSameProcessAlive } from '../../infra/dev/process/process-identity.ts';
import { createStack, type Stack } from '../../infra/dev/stack.ts';
import type { PartRecord } from '../../infra/dev/stack-record.ts';
import { runCommand } from '../unit/services/cli/run-command.ts';

const cacheDir = process.env.PRATIQUE_CACHE_DIR ?? join(homedir(), '.cache', 'pratique');
const log = (line: string): void => void process.stderr.write(`${line}\n`);
const servers = ['postgres', 'kafka', 'temporal', 'registry'];

let dir: string;
let stack: Stack;
beforeAll(async () => {
  // A space, and a comma: some settings are lists.
  dir = await mkdtemp(join(tmpdir(), 'pratique stack, '));
  // As root, Postgres runs under another uid.
  await chmod(dir, 0o711);
  stack = createStack({ home: join(dir, 'home'), cacheDir, log, ports: 'free' });
  await stack.up({ services: false });
});
afterAll(async () => {
  await stack.down();
  await rm(dir, { recursive: true, force: true });
});

const parts = async (): Promise<Map<string, PartRecord>> =>
  new Map((await stack.record()).parts.map((part) => [part.name, part]));

describe('a running stack', () => {
  it('says of each server where it is, its version, its health and its pid', async () => {
    const status = (await stack.status()) ?? [];
    expect(status.map(({ name }) => name)).toEqual(servers);
    for (const part of status)
      expect(part).toMatchObject({
        healthy: true,
        kind: 'server',
        address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        version: expect.stringMatching(/^\d+\.\d+/),
        pid: expect.any(Number),
      });
  });

  it('has every topic with its partitions and settings, and makes none by itself', async () => {
    const { connection } = await stack.record();
    const admin = new Kafka({ brokers: [connection.kafkaBrokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const names = topicPlans.map(({ topic }) => topic);
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: names.map((name) => ({ type: 2, name })),
    });
    expect((await admin.listTopics()).filter((topic) => !topic.startsWith('__')).toSorted()).toEqual(names.toSorted());
    await admin.disconnect();
    for (const { topic, partitions, settings } of topicPlans) {
      expect(topics.find(({ name }) => name === topic)?.partitions).toHaveLength(partitions);
      const entries = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
      const actual = Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
      expect(actual).toMatchObject(settings);
    }
  });

  it('is found running by a second up', async () => {
    const before = await parts();
    expect(await stack.up({ services: false })).toMatchObject({ alreadyRunning: true });
    expect(await parts()).toEqual(before);
  });

  it('keeps no secret where others can read it', async () => {
    const password = (await readFile(stack.home.postgresPasswordFile, 'utf8')).trim();
    expect(JSON.stringify(await stack.status())).not.toContain(password);
    for (const { process: identity, log: logFile } of (await parts()).values()) {
      expect(await readFile(logFile, 'utf8')).not.toContain(password);
      expect(await readFile(`/proc/${identity?.pid}/cmdline`, 'utf8')).not.toContain(password);
    }
  });

  it('can be used by another stack as the Postgres that somebody else runs', async () => {
    const { databaseUrl } = (await stack.record()).connection;
    const other = createStack({ home: join(dir, 'other'), cacheDir, log, ports: 'free', databaseUrl });
    await other.up({ services: false, servers: ['postgres'] });
    expect(await other.status()).toMatchObject([{ name: 'postgres', version: 'external', healthy: true, pid: null }]);
    await other.down();
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    expect((await client.query('SELECT current_database() AS name')).rows).toEqual([{ name: 'pratique' }]);
    await client.end();
  });
});

describe('when a server dies', () => {
  it('says so, and the next up starts that one again on its port, with its data', async () => {
    const before = await parts();
    const { databaseUrl } = (await stack.record()).connection;
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('CREATE TABLE kept AS SELECT 1 AS one');
    await client.end();
    await stack.kill('postgres', 'SIGKILL');
    const dead = before.get('postgres') as PartRecord;
    await expect.poll(() => dead.process !== null && isSameProcessAlive(dead.process)).toBe(false);
    const status = (await stack.status()) ?? [];
    expect(status.filter(({ healthy }) => !healthy)).toMatchObject([{ name: 'postgres', pid: null }]);

    expect(await stack.up({ services: false })).toMatchObject({ alreadyRunning: false });
    const after = await parts();
    expect(after.get('postgres')?.ports).toEqual(dead.ports);
    expect(after.get('kafka')).toEqual(before.get('kafka'));
    const again = new pg.Client({ connectionString: databaseUrl });
    await again.connect();
    expect((await again.query('SELECT one FROM kept')).rows).toEqual([{ one: 1 }]);
    await again.end();
  });

  it.each(['kafka', 'temporal', 'registry'])('%s restarts on its ports', async (name) => {
    const before = (await parts()).get(name);
    await stack.restart(name);
    const after = (await parts()).get(name);
    expect(after?.ports).toEqual(before?.ports);
    expect(after?.process?.pid).not.toBe(before?.process?.pid);
    expect((await stack.status())?.every(({ healthy }) => healthy)).toBe(true);
  });
});

describe('the command line', () => {
  it('prints with `up --json` what `status --json` prints, and nothing else on stdout', async () => {
    const env = { PRATIQUE_HOME: stack.home.dir, PRATIQUE_CACHE_DIR: cacheDir };
    const [up, status] = [
      await runCommand(['--json', 'up', '--detach', '--only', 'infra'], { env }),
      await runCommand(['status', '--json'], { env }),
    ];
    expect(JSON.parse(up.stdout)).toMatchObject({ running: true, healthy: true, parts: { length: 4 } });
    expect(up).toEqual({ code: 0, stdout: status.stdout, stderr: `the stack in ${stack.home.dir} is running\n` });
  });
});

describe('below a folder that only root can enter', () => {
  it('Postgres runs all the same', async () => {
    const closed = join(dir, 'closed');
    const other = createStack({ home: join(closed, 'home'), cacheDir, log, ports: 'free' });
    await mkdir(closed, { mode: 0o700 });
    await other.up({ services: false, servers: ['postgres'] });
    expect(await other.status()).toMatchObject([{ healthy: true }]);
    await other.down();
    if (process.getuid?.() === 0) {
      const elsewhere = await readlink(other.home.dataDir('postgres'));
      await rm(elsewhere, { recursive: true });
    }
  });
});

describe('a server that can not start', () => {
  it('is reported with the end of its log, and nothing is left running', async () => {
    const other = createStack({ home: join(dir, 'broken'), cacheDir, log, ports: 'free' });
    const up = (): Promise<unknown> => other.up({ services: false, servers: ['postgres', 'registry'] });
    await up();
    await other.down();
    await writeFile(join(other.home.dataDir('postgres'), 'cluster', 'postgresql.conf'), 'no_such_setting = on');
    await expect(up()).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringMatching(/^postgres ended while starting\n.*no_such_setting/s),
      hint: expect.stringContaining(other.home.logFile('postgres')),
    });
    expect(await other.status()).toBeUndefined();
  });
});

describe('a port in use', () => {
  it('is replaced, and the replacement recorded: also after `down`, when the default one is free again', async () => {
    const said: string[] = [];
    const blocked = async (port: number) => {
      const blocker = createServer();
      await new Promise<void>((resolve) => {
        // Taken by us, or by somebody else already: either way not free.
        blocker.once('error', () => resolve());
        blocker.listen(port, '127.0.0.1', resolve);
      });
      return { [Symbol.asyncDispose]: () => new Promise<void>((resolve) => blocker.close(() => resolve())) };
    };
    const other = createStack({ home: join(dir, 'ports'), cacheDir, log: (line) => void said.push(line) });
    const upAndDown = async (): Promise<number> => {
      await other.up({ services: false, servers: ['registry'] });
      const { connection, parts: recorded } = await other.record();
      expect(recorded[0]?.address).toBe(connection.registry);
      expect((await fetch(`http://${connection.registry}/v2/`)).status).toBe(401);
      await other.down();
      return Number(connection.registry.split(':')[1]);
    };
    const first = await (async () => {
      await using _ = await blocked(5000);
      return await upAndDown();
    })();
    expect(first).not.toBe(5000);
    expect(await upAndDown()).toBe(first);
    expect(said.join('\n')).not.toContain('signed before');
    const second = await (async () => {
      await using _ = await blocked(first);
      return await upAndDown();
    })();
    expect(second).not.toBe(first);
    expect(said).toContainEqual(expect.stringContaining(`signed before names 127.0.0.1:${first}`));
    expect(await upAndDown()).toBe(second);
  });
});
