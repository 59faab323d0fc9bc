import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { bundleWorkflows, cachedWorkflowBundle } from '../../adapters/temporal/workflow-bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    workflowBundle: string;
  }
}

/** Path of the workflows' bundle, the one that workers run: made once. */
export function workflowBundle(): { codePath: string } {
  return { codePath: inject('workflowBundle') };
}

export async function writeWorkflowBundle(): Promise<{ codePath: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-bundle-'));
  const codePath = path.join(folder, 'workflows.cjs');
  const { code } = await bundleWorkflows(new URL('../../workflows/all.ts', import.meta.url));
  await writeFile(codePath, code);
  return { codePath, remove: () => rm(folder, { recursive: true }) };
}

/** vitest's globalSetup: the very file that workers of the stacks beside it run, made by whoever is first. */
export default async function setup(project: TestProject): Promise<void> {
  const cache = process.env.PRATIQUE_CACHE_DIR ?? path.join(homedir(), '.cache', 'pratique');
  const { codePath } = await cachedWorkflowBundle(new URL('../../', import.meta.url), cache);
  project.provide('workflowBundle', codePath);
}
