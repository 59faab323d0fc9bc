/** Addresses in lockfiles, without what must not be repeated: they carry tokens and passwords. */

/** `scheme://host/path`; the user `git` stays, since it is no secret and the address does not work without it. */
export function publicAddress(text: string): string | undefined {
  const match = /^([a-z][a-z0-9+.-]*:)\/\/(?:([^/?#]*)@)?([^/?#@]+)([^?#]*)/i.exec(text.slice(0, 2048));
  if (match === null) return undefined;
  const user = match[2] === 'git' ? 'git@' : '';
  return `${match[1]?.toLowerCase()}//${user}${match[3]}${match[4]}`;
}

/** Where a package comes from: `https://registry.npmjs.org`. `undefined` for what is no address on the network. */
export function originOf(text: string | undefined): string | undefined {
  const match = /^(https?):\/\/(?:[^/?#]*@)?([^/?#@]+)/i.exec(text ?? '');
  return match === null ? undefined : `${match[1]?.toLowerCase()}://${match[2]?.toLowerCase()}`;
}

/** The origins of several addresses, each once; `undefined` where none of them is one on the network. */
export function originsOf(...addresses: readonly (string | undefined)[]): string[] | undefined {
  const origins = new Set(addresses.flatMap((address) => originOf(address) ?? []));
  return origins.size === 0 ? undefined : [...origins];
}

/** Where the host of an address begins, after its scheme; also percent-encoded inside of another text. */
export const SCHEME_END = /(?::|%3a)(?:\/\/|%2f%2f)/i;
const USER = new RegExp(`(${SCHEME_END.source})((?:(?!%2f)[^/?#\\s])*)(?:@|%40)`, 'gi');
const QUERY = /(?:\?|%3f)(?:(?!%23)[^#\s])*/gi;

/**
 * A text that is an address, has some inside, or has none (a version, a range, a reason): without the users and passwords
 * before their hosts, and without what they ask for behind a `?`. The user `git` stays. Takes time by the text's length.
 */
export function withoutCredentials(text: string): string {
  const first = text.search(SCHEME_END);
  if (first !== -1) {
    const addresses = text
      .slice(first)
      .replaceAll(USER, (_, scheme: string, user: string) => `${scheme}${user === 'git' ? 'git@' : ''}`);
    return text.slice(0, first) + addresses.replaceAll(QUERY, '');
  }
  // As npm takes them too: `github:user:password@owner/name`, `user:password@github.com:owner/name`.
  return text
    .replace(/^((?:github|gitlab|bitbucket|gist):)[^/@\s]*@/, '$1')
    .replace(/^(?=[^/@\s]*:)[^/@\s]*@(?=[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}:)/, '');
}

/** Where npm's and Bun's short names of repositories lead. */
const hosts: Readonly<Record<string, string>> = {
  github: 'github.com',
  gitlab: 'gitlab.com',
  bitbucket: 'bitbucket.org',
  gist: 'gist.github.com',
};

/**
 * For the qualifier `vcs_url` of a purl, in the form of SPDX (2.3, section 7.7): `git+https://host/path@commit`.
 * `undefined` where the text names no repository.
 */
export function vcsUrl(repository: string, commit?: string): string | undefined {
  const spelt = /^(?:(?:git\+)?ssh:\/\/)?git@([^:/]+):(?!\d+\/)(.+)$/.exec(repository);
  const short = /^(github|gitlab|bitbucket|gist):(?:[^/@]*@)?(.+)$/.exec(repository);
  const address = publicAddress(
    spelt !== null
      ? `ssh://git@${spelt[1]}/${spelt[2]}`
      : short !== null
        ? `https://${hosts[short[1] ?? '']}/${short[2]}`
        : repository,
  );
  if (address === undefined) return undefined;
  return `${/^(?:git:|(?:git|hg|svn|bzr)\+)/.test(address) ? '' : 'git+'}${address}${commit === undefined ? '' : `@${commit}`}`;
}
