/** Every attack of the specification's section 1.5.2, on a mirror with keys of its own. */
import { describe, expect, it } from 'vitest';
import { initializeTuf, openTufClient } from '../../../../adapters/tuf/tuf-client.ts';
import { makeKey, makeKeys, metaOf, publish, rootFields, signMetadata } from '../../../fakes/tuf-repository.ts';
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
  state,
  target,
  text,
  useTufStage,
} from './tuf-stage.ts';

useTufStage();

it('gives the target that was signed, and keeps it for when the mirror is away', async () => {
  const initial = root();
  put(publish(state()));
  expect(await target(initial)).toBe('first');
  await mirror.stop();
  const { repository, unreachable } = await (await open(initial)).current([NAME]);
  expect(text(await repository.target(NAME))).toBe('first');
  expect(unreachable).toBeUndefined();
  clock.now = new Date(at(2));
  const later = await (await open(initial)).current([NAME]);
  expect(later.unreachable).toMatchObject({ code: 'TUF_UNREACHABLE' });
  expect(text(await later.repository.target(NAME))).toBe('first');
  clock.now = new Date(at(7));
  await expect((await open(initial)).kept()).rejects.toMatchObject({ code: 'TUF_EXPIRED' });
  await expect((await open(initial)).current([NAME])).rejects.toMatchObject({ code: 'TUF_UNREACHABLE' });
});

it('asks again after a day, and takes what is new', async () => {
  const initial = await seenAt(1);
  put(publish(state({ version: 2, targets: { [NAME]: 'second' } })));
  const read = async () => text(await (await (await open(initial)).current([NAME])).repository.target(NAME));
  expect(await read()).toBe('first');
  clock.now = new Date(at(1));
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

it('a look that breaks off half-way leaves what was whole', async () => {
  const initial = await seenAt(1);
  const next = publish(state({ version: 2, targets: { [NAME]: 'second' } }));
  next.delete('2.targets.json');
  put(next);
  await expect((await open(initial)).update([NAME])).rejects.toMatchObject({ code: 'TUF_UNREACHABLE' });
  clock.now = new Date(at(1));
  const { repository, unreachable } = await (await open(initial)).current([NAME]);
  expect(unreachable).toMatchObject({ code: 'TUF_UNREACHABLE' });
  expect(text(await repository.target(NAME))).toBe('first');
  put(publish(state({ version: 2, targets: { [NAME]: 'second' } })));
  expect(await target(initial)).toBe('second');
});

describe('what to begin with', () => {
  it('is asked for where nobody said it', async () => {
    const opened = openTufClient({ mirror: mirror.url, cacheFolder, now: clock.read });
    await expect(opened).rejects.toMatchObject({ code: 'TUF_ROOT_MISSING' });
  });

  it('is remembered once it led somewhere', async () => {
    put(publish(state()));
    const options = { mirror: mirror.url, cacheFolder, now: clock.read };
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
