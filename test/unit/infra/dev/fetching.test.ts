import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cachedInstall } from '../../../../infra/dev/fetch/cached-install.ts';
import { sha256Tree, verifyFile } from '../../../../infra/dev/fetch/checksum.ts';
import { findOnPath } from '../../../../infra/dev/fetch/find-on-path.ts';
import { requireTool, runTool } from '../../../../infra/dev/fetch/run-tool.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pratique fetch-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('checksums', () => {
  it('accepts the pinned bytes and names the file and both digests otherwise', async () => {
    const file = join(dir, 'wheel.whl');
    await writeFile(file, 'bytes');
    const digest = createHash('sha256').update('bytes').digest('hex');
    await verifyFile(file, digest, 'hint');
    const wrong = digest.replace(/^./, (first) => (first === '0' ? '1' : '0'));
    await expect(verifyFile(file, wrong, 'hint')).rejects.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      message: `wheel.whl is not the pinned file: ${digest}, not ${wrong}`,
      hint: 'hint',
    });
  });

  it('covers names and contents of a tree', async () => {
    const tree = join(dir, 'tree');
    await mkdir(join(tree, 'lib'), { recursive: true });
    await writeFile(join(tree, 'lib', 'a'), 'one');
    const before = await sha256Tree(tree);
    await writeFile(join(tree, 'lib', 'a'), 'two');
    const changed = await sha256Tree(tree);
    await writeFile(join(tree, 'lib', 'b'), '');
    expect(new Set([before, changed, await sha256Tree(tree)]).size).toBe(3);
  });
});

describe('the cache', () => {
  it('fills a folder once', async () => {
    let fills = 0;
    const fill = async (staging: string): Promise<void> => {
      fills += 1;
      await writeFile(join(staging, 'program'), 'x');
    };
    const folder = await cachedInstall(dir, 'server-1', fill);
    expect(await cachedInstall(dir, 'server-1', fill)).toBe(folder);
    expect(fills).toBe(1);
  });

  it('keeps nothing of a fill that failed', async () => {
    const failing = async (staging: string): Promise<void> => {
      await writeFile(join(staging, 'half'), 'x');
      throw new Error('not the pinned file');
    };
    await expect(cachedInstall(dir, 'server-2', failing)).rejects.toThrow('not the pinned file');
    expect((await readdir(join(dir, 'servers'))).filter((name) => name.includes('server-2'))).toEqual([]);
  });

  it('lets two fill at once, and keeps a whole one', async () => {
    const fill = async (staging: string): Promise<void> => writeFile(join(staging, 'program'), 'whole');
    const [a, b] = await Promise.all([cachedInstall(dir, 'server-3', fill), cachedInstall(dir, 'server-3', fill)]);
    expect(a).toBe(b);
    expect(await readFile(join(a, 'program'), 'utf8')).toBe('whole');
  });
});

describe('tools', () => {
  const run = { cwd: '/', doing: 'part: fetching', fallback: 'set DATABASE_URL', log: () => undefined };
  const signal = new AbortController().signal;

  it('finds executables only, in the order of PATH', async () => {
    const [first, second] = [join(dir, 'first'), join(dir, 'second')];
    for (const folder of [first, second]) {
      await mkdir(folder);
      await writeFile(join(folder, 'tool'), '#!/bin/sh\n');
    }
    expect(findOnPath('tool', `${first}:${second}`)).toBeUndefined();
    await chmod(join(second, 'tool'), 0o755);
    expect(findOnPath('tool', `${first}:${second}`)).toBe(join(second, 'tool'));
  });

  it('names the fallback when a tool is missing', () => {
    expect(() => requireTool('no-such-tool-here', 'part: fetching', 'set DATABASE_URL')).toThrow(
      expect.objectContaining({ code: 'TOOL_MISSING', hint: 'set DATABASE_URL' }),
    );
  });

  it('shows the end of what a failing tool said', async () => {
    const failing = runTool({ ...run, signal, tool: 'sh', args: ['-c', 'echo no route >&2; exit 7'] });
    await expect(failing).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: 'part: fetching: `sh` ended with 7\nno route',
      hint: 'set DATABASE_URL',
    });
  });

  it('stops when it is interrupted', async () => {
    const interrupt = new AbortController();
    const marker = join(dir, 'finished');
    const running = runTool({
      ...run,
      signal: interrupt.signal,
      tool: 'sh',
      args: ['-c', `sleep 5; touch '${marker}'`],
    });
    interrupt.abort();
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(existsSync(marker)).toBe(false);
  });
});
