import { BuildError, type SourceCommit } from '../../domain/building/builder.ts';
import { type AllowedSources, chooseTransport } from '../../domain/building/source-transport.ts';
import { createGitFolder, type GitFolder, type GitOptions, runGit } from './git.ts';

/**
 * Fetches one commit, without its history, tags or submodules, into a fresh bare repository under `folder`.
 * Throws BuildError SOURCE_TRANSPORT_REFUSED, SOURCE_UNREACHABLE or COMMIT_MISSING.
 */
export async function fetchCommit(
  source: SourceCommit,
  folder: string,
  options: GitOptions & AllowedSources,
): Promise<GitFolder> {
  const transport = chooseTransport(source, options);
  const made = await createGitFolder(folder, source.commit.length === 64 ? 'sha256' : 'sha1', options);
  const outcome = await runGit(
    made,
    ['fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--', transport.url, source.commit],
    options,
    { protocol: transport.protocol },
  );
  const where = `${source.repository} at ${source.commit}`;
  switch (outcome.ended) {
    case 'timeout':
      throw new BuildError(
        'SOURCE_UNREACHABLE',
        `fetching ${where} took longer than ${options.limits.timeoutMs / 1000} s`,
      );
    case 'aborted':
      throw options.signal.reason;
    case 'output-limit':
    case 'exited':
      if (outcome.exit !== 0) throw explain(where, outcome.stderr, options);
  }
  await requireCommit(made, source, options);
  return made;
}

function explain(where: string, stderr: string, options: GitOptions): BuildError {
  // upload-pack's and fetch-pack's words for an object the other side does not have, or will not give.
  if (/not our ref|couldn't find remote ref|unadvertised object|Server does not allow request/.test(stderr))
    return new BuildError(
      'COMMIT_MISSING',
      `${where}: the repository has no such commit, or does not serve it by its id`,
    );
  if (/File too large|file size limit|SIGXFSZ|signal 25/i.test(stderr))
    return new BuildError(
      'SOURCE_UNREACHABLE',
      `${where}: the pack is over the limit of ${options.limits.maxPackBytes} bytes`,
    );
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return new BuildError('SOURCE_UNREACHABLE', `${where} cannot be fetched: ${said.slice(0, 300)}`);
}

/** A tag object or a blob can be asked for by id as well: only a commit is a source. */
async function requireCommit(folder: GitFolder, source: SourceCommit, options: GitOptions): Promise<void> {
  const outcome = await runGit(folder, ['cat-file', '-t', source.commit], options);
  const type = outcome.stdout.toString('utf8').trim();
  if (outcome.exit !== 0 || type !== 'commit')
    throw new BuildError(
      'COMMIT_MISSING',
      `${source.repository}: ${source.commit} is ${type === '' ? 'not there' : `a ${type}, not a commit`}`,
    );
}
