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

/**
 * For the qualifier `vcs_url` of a purl, in the form of SPDX (2.3, section 7.7): `git+https://host/path@commit`.
 * `undefined` where the text names no repository.
 */
export function vcsUrl(repository: string, commit?: string): string | undefined {
  const spelt = /^(?:ssh:\/\/)?git@([^:/]+):(.+)$/.exec(repository);
  const address = publicAddress(spelt === null ? repository : `ssh://git@${spelt[1]}/${spelt[2]}`);
  if (address === undefined) return undefined;
  return `${/^git[+:]/.test(address) ? '' : 'git+'}${address}${commit === undefined ? '' : `@${commit}`}`;
}
