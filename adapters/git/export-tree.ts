import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { BuildError, type SourceCommit } from '../../domain/building/builder.ts';
import { type GitFolder, type GitOptions, runGit } from './git.ts';
import type { ProcessOutcome } from './run-process.ts';

/**
 * Writes the commit's files to `destination` (made), without a `.git` folder. Bounded before a byte is written, because a tree of
 * a few objects can name billions of files. Submodules become empty folders. Throws BuildError SOURCE_UNREACHABLE over a bound.
 */
export async function exportTree(
  folder: GitFolder,
  source: SourceCommit,
  destination: string,
  options: GitOptions,
): Promise<void> {
  const listed = await runGit(folder, ['ls-tree', '-r', '-l', '-z', source.commit], options);
  const { maxFiles, maxTreeBytes, timeoutMs } = options.limits;
  if (listed.ended === 'aborted') throw options.signal.reason;
  if (listed.ended === 'timeout' || (listed.ended === 'exited' && listed.exit !== 0))
    throw new BuildError(
      'SOURCE_UNREACHABLE',
      `${source.repository}: the files of ${source.commit} cannot be listed: ${reasonOf(listed, timeoutMs)}`,
    );
  const entries = listed.stdout.toString('latin1').split('\0');
  // `<mode> <type> <object> <size>\t<path>`
  const bytes = entries.reduce((sum, entry) => sum + (Number(/^\d+ blob \S+ +(\d+)\t/.exec(entry)?.[1]) || 0), 0);
  if (listed.ended !== 'exited' || entries.length - 1 > maxFiles || bytes > maxTreeBytes)
    throw new BuildError(
      'SOURCE_UNREACHABLE',
      `${source.repository}: the tree of ${source.commit} is over the limit of ${maxFiles} files or ${maxTreeBytes} bytes`,
    );
  await mkdir(destination, { recursive: true });
  // checkout-index, not archive: `export-ignore` and `export-subst` may not make the tree differ from the commit.
  const index = { GIT_INDEX_FILE: path.join(folder.home, 'index') };
  const steps = [
    ['read-tree', source.commit],
    [`--work-tree=${destination}`, 'checkout-index', '--all', '--quiet'],
  ];
  for (const step of steps) {
    const outcome = await runGit(folder, step, options, { env: index });
    if (outcome.ended === 'aborted') throw options.signal.reason;
    if (outcome.exit !== 0)
      throw new BuildError(
        'SOURCE_UNREACHABLE',
        `${source.repository}: the files of ${source.commit} cannot be written: ${reasonOf(outcome, timeoutMs)}`,
      );
  }
}

function reasonOf({ ended, stderr }: ProcessOutcome, timeoutMs: number): string {
  return ended === 'timeout' ? `it took more than ${timeoutMs} ms` : stderr.trim().slice(-300);
}
