import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { bundleWorkflows } from '../../adapters/temporal/workflow-bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    workflowBundle: string;
  }
}

/** Path of the workflows' bundle, the one that workers run: made once per run. */
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

/** vitest's globalSetup. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { codePath, remove } = await writeWorkflowBundle();
  project.provide('workflowBundle', codePath);
  return remove;
}
