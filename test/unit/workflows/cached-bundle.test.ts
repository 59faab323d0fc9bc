import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { cachedWorkflowBundle } from '../../../adapters/temporal/workflow-bundle.ts';

const root = new URL('../../../', import.meta.url);

it('a bundle is made once and then taken from the cache, also by two that start together', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-bundle-'));
  try {
    const [one, other] = await Promise.all([cachedWorkflowBundle(root, folder), cachedWorkflowBundle(root, folder)]);
    expect(one).toEqual(other);
    expect(await readdir(path.dirname(one.codePath))).toEqual([path.basename(one.codePath)]);
    expect(await readFile(one.codePath, 'utf8')).toContain('artifactPipeline');
    await writeFile(one.codePath, 'kept');
    expect(await readFile((await cachedWorkflowBundle(root, folder)).codePath, 'utf8')).toBe('kept');
  } finally {
    await rm(folder, { recursive: true });
  }
});
