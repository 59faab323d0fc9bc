import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAdvisoryIndex } from '../../../../adapters/osv/advisory-index.ts';
import { buildAdvisoryIndex } from '../../../../adapters/osv/build-advisory-index.ts';
import type { FeedItem } from '../../../../adapters/osv/feed.ts';
import { withIndexLock } from '../../../../adapters/osv/index-lock.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-index-lock-'));
});
afterAll(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;

async function* feed(id: string, isRead?: Promise<void>): AsyncGenerator<FeedItem> {
  await isRead;
  const affected = [{ package: { ecosystem: 'npm', name: id }, ranges: [], versions: ['1.0.0'] }];
  yield { kind: 'record', record: { id, modified: '2026-01-01T00:00:00Z', aliases: [], affected } as never };
}

test('of two syncs at once each brings in its own feed, and the second says that it waits', async () => {
  const file = path.join(folder, 'index.sqlite');
  const waited: string[] = [];
  const [begun, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const sync = (id: string, isRead?: Promise<void>) =>
    withIndexLock(file, { signal: never, onWait: () => void waited.push(id) }, () => {
      begun.resolve();
      return buildAdvisoryIndex(
        file,
        { items: feed(id, isRead), source: id, syncedAt: '2026-01-01T00:00:00Z', fingerprint: '' },
        { onto: true },
      );
    });
  const first = sync('first', read.promise);
  await begun.promise;
  const second = sync('second');
  await expect.poll(() => waited).toEqual(['second']);
  read.resolve();
  await Promise.all([first, second]);
  using index = openAdvisoryIndex(file);
  expect((await index.state()).records).toBe(2);
});

test("a lock whose process was killed is nobody's", async () => {
  const file = path.join(folder, 'killed.sqlite');
  const program = `const db = new (require('node:sqlite').DatabaseSync)(process.argv[1]); db.exec('BEGIN EXCLUSIVE');
    console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['-e', program, `${file}.lock`], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(holder.stdout, 'data');
  const given = AbortSignal.abort(new Error('given up'));
  await expect(withIndexLock(file, { signal: given, onWait: () => undefined }, async () => 'mine')).rejects.toThrow();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const held = withIndexLock(file, { signal: never, onWait: () => expect.unreachable() }, async () => 'mine');
  await expect(held).resolves.toBe('mine');
});
