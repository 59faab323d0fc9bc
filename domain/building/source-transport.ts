import { BuildError, type SourceCommit } from './builder.ts';

/** How a source repository is reached; `url` is what git is given. */
export interface SourceTransport {
  /** git's name of the protocol: the only one it is allowed to speak. */
  readonly protocol: 'https' | 'ssh' | 'file';
  readonly url: string;
}

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const HOST = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i;
/** The short form of ssh in git-clone(1), "GIT URLS": `git@host:path`. */
const SCP_FORM = /^[a-z0-9_][a-z0-9_.-]*@([^:/]+):(?!\/\/)([\w.~/][\w.~/-]*)$/i;

/**
 * Decides how `source` may be fetched: https, ssh, or an absolute path that `localRepositories` names exactly.
 * Everything else git would understand (`ext::` runs commands, `file://` and paths read this machine, `git://` and `http://`
 * have no authenticity) is refused. Throws BuildError SOURCE_TRANSPORT_REFUSED, or COMMIT_MISSING for what is no full commit id.
 */
export function chooseTransport(source: SourceCommit, localRepositories: readonly string[]): SourceTransport {
  if (!COMMIT.test(source.commit))
    throw new BuildError(
      'COMMIT_MISSING',
      `${quote(source.commit)} is no full commit id: give all 40 (or 64) hex digits, not a branch, tag or short id`,
    );
  const { repository } = source;
  const local = repository.startsWith('file:///') ? repository.slice('file://'.length) : repository;
  if (local.startsWith('/')) {
    if (localRepositories.includes(local)) return { protocol: 'file', url: local };
    throw refused(repository, 'a local path is taken only where the configuration names it');
  }
  const short = SCP_FORM.exec(repository);
  if (short !== null && HOST.test(short[1] ?? '')) return { protocol: 'ssh', url: repository };
  return chooseByUrl(repository);
}

function chooseByUrl(repository: string): SourceTransport {
  const form = /^(https|ssh):\/\/(?:([^@/]*)@)?([^:/?#@]+)(?::(\d{1,5}))?\/[^?#\s\\]+$/.exec(repository);
  if (form === null || !HOST.test(form[3] ?? ''))
    throw refused(repository, 'use https://host/path, ssh://user@host/path or user@host:path');
  const [, scheme, user] = form;
  // A password in a URL would end up in provenance, events and logs.
  if (user !== undefined && (scheme === 'https' || !/^[a-z0-9_][a-z0-9_.-]*$/i.test(user)))
    throw refused(repository.replace(/\/\/[^@/]*@/, '//***@'), 'an address may not carry credentials');
  return { protocol: scheme === 'https' ? 'https' : 'ssh', url: repository };
}

function refused(repository: string, why: string): BuildError {
  return new BuildError('SOURCE_TRANSPORT_REFUSED', `source repository ${quote(repository)} is refused: ${why}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
