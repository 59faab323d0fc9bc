/** Every attack of the specification's section 1.5.2, on a mirror with keys of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initializeTuf, openTufClient } from '../../../../adapters/tuf/tuf-client.ts';
import {
  type FakeMirror,
  makeKey,
  makeKeys,
  metaOf,
  type Published,
  publish,
  type RoleKeys,
  rootFields,
  signMetadata,
  startMirror,
} from '../../../fakes/tuf-repository.ts';

const start = new Date('2030-01-01T00:00:00Z');
const day = 24 * 3600 * 1000;
const at = (days: number) => new Date(start.getTime() + days * day).toISOString();
const NAME = 'trusted_root.json';
const timeouts = { connectMs: 1000, headersMs: 300, bodyMs: 300 };

let mirror: FakeMirror;
let cacheFolder: string;
let keys: RoleKeys;
let now: Date;

beforeEach(async () => {
  mirror = await startMirror();
  cacheFolder = await mkdtemp(path.join(tmpdir(), 'pratique-tuf-'));
  keys = makeKeys();
  now = start;
});
afterEach(async () => {
  await mirror.stop();
  await rm(cacheFolder, { recursive: true });
});

const put = (files: ReadonlyMap<string, Buffer>) => {
  for (const [name, bytes] of files) mirror.files.set(name, bytes);
};
const state = (changes: Partial<Published> = {}): Published => ({
  ...{ targets: { [NAME]: 'first' }, version: 1, expires: at(7), keys },
  ...changes,
});
const root = (version = 1, of = keys, signedBy = of.root.keys, expires = at(300)) =>
  signMetadata('root', rootFields(version, of, expires), signedBy);
const open = async (initial: Buffer | undefined = root()) =>
  openTufClient({ mirror: mirror.url, root: initial, cacheFolder, now: () => now, timeouts });
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const target = async (initial?: Buffer) => text(await (await (await open(initial)).update([NAME])).target(NAME));

/** A first look that is kept, and then another mirror. */
async function seenAt(version: number, initial = root()): Promise<Buffer> {
  put(publish(state({ version })));
  await (await open(initial)).update([NAME]);
  return initial;
}

it('gives the target that was signed, and keeps it for when the mirror is away', async () => {
  const initial = root();
  put(publish(state()));
  expect(await target(initial)).toBe('first');
  await mirror.stop();
  const { repository, unreachable } = await (await open(initial)).current([NAME]);
  expect(text(await repository.target(NAME))).toBe('first');
  expect(unreachable).toBeUndefined();
  now = new Date(at(2));
  const later = await (await open(initial)).current([NAME]);
  expect(later.unreachable).toMatchObject({ code: 'TUF_UNREACHABLE' });
  expect(text(await later.repository.target(NAME))).toBe('first');
  now = new Date(at(7));
  await expect((await open(initial)).kept()).rejects.toMatchObject({ code: 'TUF_EXPIRED' });
  await expect((await open(initial)).current([NAME])).rejects.toMatchObject({ code: 'TUF_UNREACHABLE' });
});

it('asks again after a day, and takes what is new', async () => {
  const initial = await seenAt(1);
  put(publish(state({ version: 2, targets: { [NAME]: 'second' } })));
  const read = async () => text(await (await (await open(initial)).current([NAME])).repository.target(NAME));
  expect(await read()).toBe('first');
  now = new Date(at(1));
  expect(await read()).toBe('second');
});

it('fetches nothing twice that is kept', async () => {
  const initial = await seenAt(1);
  mirror.asked.length = 0;
  expect(await target(initial)).toBe('first');
  expect(mirror.asked).toEqual(['2.root.json', 'timestamp.json']);
});

it('follows roots over several versions, expired ones on the way too', async () => {
  const initial = await seenAt(1);
  const second = makeKeys();
  const third = makeKeys();
  const fourth = makeKeys();
  put(
    new Map([
      ['2.root.json', root(2, second, [...keys.root.keys, ...second.root.keys], at(-100))],
      ['3.root.json', root(3, third, [...second.root.keys, ...third.root.keys], at(-1))],
      ['4.root.json', root(4, fourth, [...third.root.keys, ...fourth.root.keys])],
    ]),
  );
  // Versions begin anew under new keys: what was kept under the old ones does not hold them back (5.3.11).
  put(publish(state({ keys: fourth, version: 1, targets: { [NAME]: 'rotated' } })));
  const repository = await (await open(initial)).update([NAME]);
  expect(repository.state.versions.root).toBe(4);
  expect(text(await repository.target(NAME))).toBe('rotated');
});

it('finds a target in the role that it is delegated to, and only there', async () => {
  const npm = makeKey();
  const bytes = publish(state({ targets: { 'npm/keys.json': 'keys', 'other/keys.json': 'others' } }));
  const signed = JSON.parse(text(bytes.get('1.targets.json') ?? Buffer.alloc(0))) as { signed: { targets: object } };
  const role = signMetadata('targets', { version: 1, expires: at(7), targets: signed.signed.targets }, [npm]);
  const delegations = {
    keys: { [npm.id]: npm.entry },
    roles: [{ name: '../npm', keyids: [npm.id], threshold: 1, terminating: true, paths: ['npm/*'] }],
  };
  put(bytes);
  put(publish(state({ targets: {}, delegations, meta: { '../npm.json': metaOf(1, role) } })));
  mirror.files.set(`1.${encodeURIComponent('../npm')}.json`, role);
  const initial = root();
  const repository = await (await open(initial)).update(['npm/keys.json']);
  expect(text(await repository.target('npm/keys.json'))).toBe('keys');
  await expect((await open(initial)).update(['other/keys.json'])).rejects.toMatchObject({ code: 'TUF_TARGET_UNKNOWN' });
});

/** The mirror at version 5 was seen; then it serves this. */
type Attack = (initial: Buffer) => void;
const replace = (name: string, bytes: Buffer) => () => void mirror.files.set(name, bytes);
const foreign = (kind: 'timestamp', fields: object) => signMetadata(kind, fields, [makeKey()]);

describe('refused, with what was trusted left as it was', () => {
  it.each<[string, string, Attack]>([
    ['rollback: an older timestamp', 'TUF_ROLLBACK', () => put(publish(state({ version: 4 })))],
    [
      'rollback: an older snapshot under a newer timestamp',
      'TUF_ROLLBACK',
      () => put(publish(state({ version: 6, snapshotVersion: 4 }))),
    ],
    [
      'rollback: older targets under a newer snapshot',
      'TUF_ROLLBACK',
      () => put(publish(state({ version: 6, targetsVersion: 4 }))),
    ],
    [
      'rollback: a root of before under the name of the next',
      'TUF_ROLLBACK',
      () => void mirror.files.set('2.root.json', root(1)),
    ],
    ['roots that leave one out', 'TUF_MIX_AND_MATCH', () => void mirror.files.set('2.root.json', root(3))],
    [
      'freeze: nothing newer when the timestamp expires',
      'TUF_EXPIRED',
      () => {
        now = new Date(at(7));
      },
    ],
    [
      'freeze: a new timestamp, and targets that are expired',
      'TUF_EXPIRED',
      () => {
        const old = publish(state({ version: 6, expires: at(0) }));
        const snapshot = signMetadata(
          'snapshot',
          { version: 6, expires: at(9), meta: { 'targets.json': { version: 6 } } },
          keys.snapshot.keys,
        );
        put(old);
        mirror.files.set('6.snapshot.json', snapshot);
        const meta = { 'snapshot.json': metaOf(6, snapshot) };
        mirror.files.set(
          'timestamp.json',
          signMetadata('timestamp', { version: 6, expires: at(9), meta }, keys.timestamp.keys),
        );
      },
    ],
    [
      'a threshold that is not met: a root signed by one of the two it takes',
      'TUF_THRESHOLD_NOT_MET',
      () => void mirror.files.set('2.root.json', root(2, keys, keys.root.keys.slice(0, 1))),
    ],
    [
      'a new root that did not sign itself',
      'TUF_SIGNER_UNKNOWN',
      () => void mirror.files.set('2.root.json', root(2, makeKeys(), keys.root.keys)),
    ],
    [
      'one key under two ids',
      'TUF_THRESHOLD_NOT_MET',
      () => {
        const [first] = keys.root.keys;
        if (first === undefined) throw new Error('no key');
        const twice = { ...first, id: 'f'.repeat(64) };
        const of = { ...keys, root: { keys: [first, twice], threshold: 2 } };
        mirror.files.set('2.root.json', root(2, of, [...keys.root.keys, twice]));
      },
    ],
    [
      'targets signed by one of the two it takes',
      'TUF_THRESHOLD_NOT_MET',
      () =>
        put(
          publish(
            state({ version: 6, keys: { ...keys, targets: { keys: keys.targets.keys.slice(0, 1), threshold: 1 } } }),
          ),
        ),
    ],
    [
      'arbitrary keys: a timestamp of somebody',
      'TUF_SIGNER_UNKNOWN',
      () =>
        replace(
          'timestamp.json',
          foreign('timestamp', { version: 9, expires: at(7), meta: { 'snapshot.json': { version: 9 } } }),
        )(),
    ],
    [
      'arbitrary keys: a repository of somebody',
      'TUF_SIGNER_UNKNOWN',
      () => {
        const other = makeKeys();
        put(publish(state({ version: 9, keys: other })));
        mirror.files.set('2.root.json', root(2, other));
      },
    ],
    [
      'mix and match: the snapshot of another state',
      'TUF_MIX_AND_MATCH',
      () => {
        put(publish(state({ version: 6 })));
        const other = publish(state({ version: 6, targets: { [NAME]: 'other' } })).get('6.snapshot.json');
        mirror.files.set('6.snapshot.json', other ?? Buffer.alloc(0));
      },
    ],
    [
      'mix and match: the targets of another state',
      'TUF_MIX_AND_MATCH',
      () => {
        put(publish(state({ version: 6 })));
        const other = publish(state({ version: 6, targets: { [NAME]: 'other' } })).get('6.targets.json');
        mirror.files.set('6.targets.json', other ?? Buffer.alloc(0));
      },
    ],
    [
      'a target with another hash',
      'TUF_TARGET_MISMATCH',
      () => {
        const next = publish(state({ version: 6, targets: { [NAME]: 'second' } }));
        for (const name of next.keys()) if (name.startsWith('targets/')) next.set(name, Buffer.from('SECOND'));
        put(next);
      },
    ],
    [
      'a target that is not there any more',
      'TUF_TARGET_UNKNOWN',
      () => put(publish(state({ version: 6, targets: { other: 'x' } }))),
    ],
    ['endless data for a timestamp', 'TUF_TOO_LARGE', replaceLarge('timestamp.json', 20_000)],
    ['endless data for a root', 'TUF_TOO_LARGE', replaceLarge('2.root.json', 600_000)],
    [
      'a timestamp that is none',
      'TUF_METADATA_MALFORMED',
      () => void mirror.files.set('timestamp.json', Buffer.from('{}')),
    ],
    [
      'a key twice in a timestamp',
      'TUF_METADATA_MALFORMED',
      () => {
        const good = text(mirror.files.get('timestamp.json') ?? Buffer.alloc(0));
        mirror.files.set('timestamp.json', Buffer.from(good.replace('"signed":{', '"signed":{"version":9,')));
      },
    ],
    ['no timestamp', 'TUF_UNREACHABLE', () => void mirror.files.delete('timestamp.json')],
    [
      'a mirror that redirects elsewhere',
      'TUF_UNREACHABLE',
      () =>
        void mirror.answers.set('*', () => ({ status: 302, body: '', headers: { location: 'https://203.0.113.9/x' } })),
    ],
  ])('%s', async (_name, code, attack) => {
    const initial = await seenAt(5);
    attack(initial);
    await expect((await open(initial)).update([NAME])).rejects.toMatchObject({ name: 'TufError', code });
    mirror.answers.clear();
    now = start;
    expect(text(await (await (await open(initial)).kept()).target(NAME))).toBe('first');
  });
});

function replaceLarge(name: string, length: number): Attack {
  return () => void mirror.files.set(name, Buffer.alloc(length, ' '));
}

it('an expired root that the one before signed ends what was trusted, too', async () => {
  const initial = await seenAt(1);
  mirror.files.set('2.root.json', root(2, keys, keys.root.keys, at(-1)));
  await expect((await open(initial)).update([NAME])).rejects.toMatchObject({ code: 'TUF_EXPIRED' });
  await expect((await open(initial)).kept()).rejects.toMatchObject({ code: 'TUF_EXPIRED' });
});

it('refused: a server that sends a byte at a time', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await openTufClient({ mirror: url, root: root(), cacheFolder, now: () => now, timeouts });
  await expect(client.update([NAME])).rejects.toMatchObject({ code: 'TUF_TOO_SLOW' });
  server.closeAllConnections();
  server.close();
});

it('a look that breaks off half-way leaves what was whole', async () => {
  const initial = await seenAt(1);
  const next = publish(state({ version: 2, targets: { [NAME]: 'second' } }));
  next.delete('2.targets.json');
  put(next);
  await expect((await open(initial)).update([NAME])).rejects.toMatchObject({ code: 'TUF_UNREACHABLE' });
  now = new Date(at(1));
  const { repository, unreachable } = await (await open(initial)).current([NAME]);
  expect(unreachable).toMatchObject({ code: 'TUF_UNREACHABLE' });
  expect(text(await repository.target(NAME))).toBe('first');
  put(publish(state({ version: 2, targets: { [NAME]: 'second' } })));
  expect(await target(initial)).toBe('second');
});

describe('what to begin with', () => {
  it('is asked for where nobody said it', async () => {
    const opened = openTufClient({ mirror: mirror.url, cacheFolder, now: () => now });
    await expect(opened).rejects.toMatchObject({ code: 'TUF_ROOT_MISSING' });
  });

  it('is remembered once it led somewhere', async () => {
    put(publish(state()));
    const options = { mirror: mirror.url, cacheFolder, now: () => now };
    await initializeTuf({ ...options, root: root() });
    expect(text(await (await (await openTufClient(options)).update([NAME])).target(NAME))).toBe('first');
  });

  it('must have signed itself', async () => {
    const other = signMetadata('root', rootFields(1, keys, at(300)), [makeKey()]);
    await expect((await open(other)).update([NAME])).rejects.toMatchObject({ code: 'TUF_ROOT_INVALID' });
  });

  it('vouches for nothing that was fetched under another', async () => {
    await seenAt(1);
    const other = makeKeys();
    const initial = signMetadata('root', rootFields(1, other, at(300)), other.root.keys);
    await expect((await open(initial)).kept()).rejects.toMatchObject({ code: 'TUF_CACHE_EMPTY' });
  });
});
