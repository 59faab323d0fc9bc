const REVISION = /@(?:refs\/.*|[0-9a-f]{40,64})$/;

/**
 * One spelling for the address of a source repository, so that a provenance's `git+https://host/team/app.git@refs/heads/main`
 * and a policy's `https://host/team/app` are the same. User names and passwords are dropped; host and scheme are lower case.
 */
export function canonicalSource(address: string): string {
  const bare = address
    .slice(0, 2048)
    .trim()
    .replace(/^git\+/, '')
    .replace(/[?#].*$/, '')
    .replace(REVISION, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(.*)$/i.exec(bare);
  if (url === null) return bare;
  const [, scheme = '', authority = '', path = ''] = url;
  return `${scheme.toLowerCase()}://${authority.slice(authority.lastIndexOf('@') + 1).toLowerCase()}${path}`;
}
