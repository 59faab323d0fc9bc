import { BuildError, type SourceCommit } from './builder.ts';

/** How a source repository is reached; `url` is what git is given. */
export interface SourceTransport {
  /** git's name of the protocol: the only one it is allowed to speak. */
  readonly protocol: 'https' | 'ssh' | 'file';
  readonly url: string;
}

/** What the configuration, or the user, lets this machine fetch from. */
export interface AllowedSources {
  /** Absolute paths of repositories on this machine. */
  readonly localRepositories: readonly string[];
  /** Host names, in small letters; unset, any: where the one who names the address is the user of this machine. */
  readonly gitHosts?: readonly string[];
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
export function chooseTransport(source: SourceCommit, allowed: AllowedSources): SourceTransport {
  if (!COMMIT.test(source.commit))
    throw new BuildError(
      'COMMIT_MISSING',
      `${quote(source.commit)} is no full commit id: give all 40 (or 64) hex digits, not a branch, tag or short id`,
    );
  const { repository } = source;
  const local = repository.startsWith('file:///') ? repository.slice('file://'.length) : repository;
  if (local.startsWith('/')) {
    if (allowed.localRepositories.includes(local)) return { protocol: 'file', url: local };
    throw refused(repository, 'a local path is taken only where the configuration names it');
  }
  const short = SCP_FORM.exec(repository);
  if (short !== null && HOST.test(short[1] ?? '')) {
    requireHost(repository, short[1] ?? '', allowed);
    return { protocol: 'ssh', url: repository };
  }
  return chooseByUrl(repository, allowed);
}

/** Whoever asks for a build may not choose whom this machine calls. */
function requireHost(repository: string, host: string, { gitHosts }: AllowedSources): void {
  if (gitHosts !== undefined && !gitHosts.includes(host.toLowerCase()))
    throw refused(repository, `${host} is none of the hosts the configuration names (PRATIQUE_GIT_HOSTS)`);
}

function chooseByUrl(repository: string, allowed: AllowedSources): SourceTransport {
  const form = /^(https|ssh):\/\/(?:([^@/]*)@)?([^:/?#@]+)(?::(\d{1,5}))?\/[^?#\s\\]+$/.exec(repository);
  if (form === null || !HOST.test(form[3] ?? ''))
    throw refused(repository, 'use https://host/path, ssh://user@host/path or user@host:path');
  const [, scheme, user] = form;
  // A password in a URL would end up in provenance, events and logs.
  if (user !== undefined && (scheme === 'https' || !/^[a-z0-9_][a-z0-9_.-]*$/i.test(user)))
    throw refused(repository.replace(/\/\/[^@/]*@/, '//***@'), 'an address may not carry credentials');
  requireHost(repository, form[3] ?? '', allowed);
  return { protocol: scheme === 'https' ? 'https' : 'ssh', url: repository };
}

function refused(repository: string, why: string): BuildError {
  return new BuildError('SOURCE_TRANSPORT_REFUSED', `source repository ${quote(repository)} is refused: ${why}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
