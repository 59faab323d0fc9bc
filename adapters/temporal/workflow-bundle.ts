/** The workflows as one script: the same bundle for workers and for replay. */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Logger } from '../telemetry/logger.ts';

/** Carries the trace of whoever started a workflow into its activities. */
const interceptors = fileURLToPath(new URL('../../workflows/runtime/carry-trace.ts', import.meta.url));

/** Takes seconds, and memory that stays with the process: workers have it done elsewhere (cachedWorkflowBundle). Throws where workflows reach what is not deterministic. */
export function bundleWorkflows(entry: URL, logger?: Logger): Promise<WorkflowBundleWithSourceMap> {
  const note = (level: 'warn' | 'error') => (message: string) => logger?.[level]({ message }, 'workflow bundle');
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(entry),
    workflowInterceptorModules: [interceptors],
    logger: {
      log: () => undefined,
      trace: () => undefined,
      debug: () => undefined,
      info: () => undefined,
      warn: note('warn'),
      error: note('error'),
    },
  });
}

const WRITER = fileURLToPath(new URL('write-workflow-bundle.ts', import.meta.url));

/** What a bundle is made of, from the root of the repository; the packages are those of the lockfile. */
const SOURCES = ['workflows', 'domain', 'adapters/temporal/workflow-bundle.ts', 'package-lock.json'];

/**
 * The same, kept in `folder` under a digest of everything it is made of: made once per version of the sources, whole or not
 * at all, whoever starts at the same time. Returns the file for `Worker.create`.
 */
export async function cachedWorkflowBundle(root: URL, folder: string): Promise<{ readonly codePath: string }> {
  const kept = path.join(folder, 'workflow-bundles');
  const codePath = path.join(kept, `${await digestSources(fileURLToPath(root))}.cjs`);
  if (await isFile(codePath)) return { codePath };
  await mkdir(kept, { recursive: true, mode: 0o700 });
  const staged = `${codePath}.${randomUUID()}`;
  await promisify(execFile)(process.execPath, [WRITER, staged]);
  await rename(staged, codePath);
  return { codePath };
}

/** The same, where nothing is kept: bundled at each start. */
export async function freshWorkflowBundle(root: URL): Promise<{ readonly code: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pratique-bundle-'));
  try {
    const { codePath } = await cachedWorkflowBundle(root, folder);
    return { code: await readFile(codePath, 'utf8') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function digestSources(root: string): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const source of SOURCES)
    for (const file of await filesUnder(path.join(root, source)))
      hash.update(`\0${path.relative(root, file)}\0`).update(await readFile(file));
  return hash.digest('hex');
}

/** The file itself, or every file below the folder, sorted. */
async function filesUnder(place: string): Promise<string[]> {
  if (await isFile(place)) return [place];
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

async function isFile(place: string): Promise<boolean> {
  return stat(place).then(
    (found) => found.isFile(),
    () => false,
  );
}
