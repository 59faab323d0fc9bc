/** A mirror that lies: what is refused, by which rule, and that what was trusted before stays as it was. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openTufClient } from '../../../../adapters/tuf/tuf-client.ts';
import { makeKey, makeKeys, metaOf, publish, signMetadata } from '../../../fakes/tuf-repository.ts';
import { hasty } from '../../../patience.ts';
import {
  at,
  cacheFolder,
  clock,
  keys,
  mirror,
  NAME,
  open,
  put,
  root,
  seenAt,
  start,
  state,
  text,
  useTufStage,
} from './tuf-stage.ts';

useTufStage();

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
        clock.now = new Date(at(7));
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
    clock.now = start;
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
  const client = await openTufClient({ mirror: url, root: root(), cacheFolder, now: clock.read, timeouts: hasty });
  await expect(client.update([NAME])).rejects.toMatchObject({ code: 'TUF_TOO_SLOW' });
  server.closeAllConnections();
  server.close();
});
