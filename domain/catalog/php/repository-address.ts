/** Where Composer fetches a package from: lockfiles write the same repository in many ways. */
import { publicAddress } from '../public-address.ts';

/**
 * `https://host/owner/name` of a repository: of its address for Git, of an archive that its code host makes of it, or of a
 * call for one. In lower case, as code hosts take them for the same. Of an archive elsewhere the host is all there is.
 */
export function repositoryOf(address: string | undefined): string | undefined {
  // `git@host:owner/name`, which is no number of a port.
  const spelt = /^(?:ssh:\/\/)?(?:[^@/:]+@)?([^@:/]+):(?!\/\/|\d+\/)(.+)$/.exec(address ?? '');
  const plain = (spelt === null ? publicAddress(address ?? '') : `ssh://${spelt[1]}/${spelt[2]}`)?.toLowerCase();
  const [, scheme, host, path = ''] = /^(\w+):\/\/(?:git@)?([^/]+)\/*(.*)$/.exec(plain ?? '') ?? [];
  if (host === undefined) return undefined;
  const origin = `${scheme === 'http' ? 'http' : 'https'}://${host}`;
  const [home, name] = nameAt(origin, path) ?? [origin];
  return name === undefined ? home : `${home}/${name.replace(/\/+$/, '').replace(/\.git$/, '')}`;
}

/** The origin and the name of the repository; `path` is without its first slash. */
function nameAt(origin: string, path: string): [string, string | undefined] | undefined {
  // GitLab, on any host: the name is one part of the path.
  const project = /^api\/v4\/projects\/([^/]+)\//.exec(path)?.[1];
  if (project !== undefined) return [origin, project.replaceAll('%2f', '/')];
  const two = /^[^/]+\/[^/]+/.exec(path)?.[0];
  switch (origin) {
    case 'https://api.github.com':
      return ['https://github.com', /^repos\/([^/]+\/[^/]+)/.exec(path)?.[1]];
    case 'https://codeload.github.com':
      return ['https://github.com', two];
    case 'https://github.com':
    case 'https://bitbucket.org':
      return [origin, two];
    default:
      return /\.git\/?$/.test(path) ? [origin, path] : undefined;
  }
}
