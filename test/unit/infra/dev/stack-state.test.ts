import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isReachableByOthers } from '../../../../infra/dev/parts/reachable.ts';
import { arePortsFree, openPortClaims } from '../../../../infra/dev/process/port-claims.ts';
import { ensureSecrets, readSecret } from '../../../../infra/dev/secrets.ts';
import { createStack } from '../../../../infra/dev/stack.ts';
import { createStackHome, type StackHome, stackHome } from '../../../../infra/dev/stack-home.ts';
import { withStackLock } from '../../../../infra/dev/stack-lock.ts';
import { readStackRecord, type StackRecord, writeStackRecord } from '../../../../infra/dev/stack-record.ts';

let dir: string;
let home: StackHome;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique state-'));
  home = stackHome(join(dir, '.pratique'));
  await createStackHome(home);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const mode = async (file: string): Promise<string> => ((await stat(file)).mode & 0o777).toString(8);

describe('ports', () => {
  let server: Server;
  let used: number;
  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    used = (server.address() as { port: number }).port;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  async function freePort(): Promise<number> {
    using claims = openPortClaims();
    return (await claims.allocate({ main: 0 })).main as number;
  }

  it('replaces a port in use, and one that is promised already', async () => {
    using claims = openPortClaims([used + 1]);
    const free = await freePort();
    const given = await claims.allocate({ used, promised: used + 1, free, again: free });
    expect(given.free).toBe(free);
    expect(new Set([used, used + 1, ...Object.values(given)]).size).toBe(6);
  });

  it('gives two who ask at once different ones, until the first lets go of its own or dies', async () => {
    const free = await freePort();
    using first = openPortClaims();
    using second = openPortClaims();
    const both = await Promise.all([first, second].map((claims) => claims.allocate({ main: free, other: 0 })));
    expect(both.filter(({ main }) => main === free)).toHaveLength(1);
    expect(new Set(both.flatMap((ports) => Object.values(ports))).size).toBe(4);
    for (const [index, claims] of [first, second].entries()) claims.release(both[index] ?? {});
    using third = openPortClaims();
    expect(await third.allocate({ main: free })).toEqual({ main: free });
    third.release({ main: free });

    const claims = JSON.stringify(new URL('../../../../infra/dev/process/port-claims.ts', import.meta.url));
    const script = `const { openPortClaims } = await import(${claims});
      console.log(JSON.stringify(await openPortClaims().allocate({ main: ${free} })));`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(other.stdout, 'data')) as [Buffer];
    expect(JSON.parse(said.toString('utf8'))).toEqual({ main: free });
    using fourth = openPortClaims();
    expect((await fourth.allocate({ main: free })).main).not.toBe(free);
    other.kill('SIGKILL');
    await once(other, 'exit');
    using fifth = openPortClaims();
    expect(await fifth.allocate({ main: free })).toEqual({ main: free });
  });

  it('looks for free ones where no outgoing connection can be in the way', async () => {
    const [low = 0, high = 0] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    using claims = openPortClaims();
    const given = await claims.allocate(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [index, 0])));
    const isOutgoing = (port: number) => low - 10_000 >= 2_000 && port >= low && port <= high;
    expect(Object.values(given).filter(isOutgoing)).toEqual([]);
  });

  it('says whether all of them are free', async () => {
    using claims = openPortClaims();
    const free = await claims.allocate({ a: 0, b: 0 });
    expect(await arePortsFree(free)).toBe(true);
    expect(await arePortsFree({ ...free, used })).toBe(false);
  });
});

describe('the home folder', () => {
  it('is not made by what stops a stack that was never there', async () => {
    const nowhere = join(dir, 'elsewhere', '.pratique');
    const stack = createStack({ home: nowhere, cacheDir: join(dir, 'cache'), log: () => undefined });
    expect(await stack.down()).toBeUndefined();
    expect(existsSync(nowhere)).toBe(false);
  });

  it('keeps secrets to its owner, and the same ones the next time', async () => {
    await ensureSecrets(home);
    const first = await readSecret(home.webhookSecretFile);
    await ensureSecrets(home);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await readSecret(home.webhookSecretFile)).toBe(first);
    expect(await readSecret(home.postgresPasswordFile)).not.toBe(first);
    expect(await mode(home.secretsDir)).toBe('700');
    for (const file of [home.webhookSecretFile, home.keyPassphraseFile, home.postgresPasswordFile])
      expect(await mode(file)).toBe('600');
  });

  it('tells whether another uid can pass', async () => {
    await chmod(dir, 0o711);
    expect(await isReachableByOthers(home.dataDir(''))).toBe(true);
    await chmod(dir, 0o700);
    expect(await isReachableByOthers(home.dataDir(''))).toBe(false);
  });
});

describe('the record', () => {
  const record: StackRecord = {
    format: 1,
    supervisor: null,
    ready: true,
    connection: {
      databaseUrl: 'postgres://pratique:secret@127.0.0.1:1/pratique',
      kafkaBrokers: '127.0.0.1:2',
      temporalAddress: '127.0.0.1:3',
      temporalNamespace: 'default',
      temporalUi: 'http://127.0.0.1:4',
      registry: '127.0.0.1:5',
      gatewayUrl: 'http://127.0.0.1:6',
    },
    parts: [],
  };

  it('is read back as written, by its owner only', async () => {
    expect(await readStackRecord(home)).toBeUndefined();
    writeStackRecord(home, record);
    expect(await readStackRecord(home)).toEqual(record);
    expect(await mode(home.recordFile)).toBe('600');
  });

  it.each(['', '{', '{"format":2}'])('refuses %j without quoting it', async (text) => {
    await writeFile(home.recordFile, text);
    await expect(readStackRecord(home)).rejects.toMatchObject({ code: 'RECORD_UNREADABLE' });
  });
});

const LOCK = new URL('../../../../adapters/concurrency/process-lock.ts', import.meta.url).href;
/** Takes the lock, says so, and holds it until it is killed. */
const HOLD = `const { tryProcessLock } = await import(${JSON.stringify(LOCK)});
const lock = tryProcessLock(process.argv[1]);
console.log(lock === undefined ? 'no' : 'held');
setInterval(() => lock, 1000);`;

describe('the lock', () => {
  it('lets one in at a time and names the other', async () => {
    const inside = withStackLock(home, async () => {
      await expect(withStackLock(home, () => Promise.resolve())).rejects.toMatchObject({
        code: 'BUSY',
        message: expect.stringContaining(`pid ${process.pid}`),
      });
      return 'done';
    });
    expect(await inside).toBe('done');
    expect(await withStackLock(home, () => Promise.resolve('again'))).toBe('again');
  });

  it('is free again after work that failed', async () => {
    await expect(withStackLock(home, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withStackLock(home, () => Promise.resolve('again'))).toBe('again');
  });

  it('is free when its holder was killed, for one of those who ask at once', async () => {
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', HOLD, home.lockFile]);
    await once(holder.stdout, 'data');
    await expect(withStackLock(home, () => Promise.resolve())).rejects.toMatchObject({ code: 'BUSY' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    let inside = 0;
    const most = Array.from({ length: 5 }, () =>
      withStackLock(home, async () => {
        inside += 1;
        await setTimeout(20);
        return inside;
      }),
    );
    const ended = await Promise.allSettled(most);
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', ...Array(4).fill('rejected')]);
    expect(inside).toBe(1);
  });
});
