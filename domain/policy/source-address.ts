const REVISION = /@(?:refs\/.*|[0-9a-f]{40,64})$/;

/**
 * One spelling for the address of a source repository, so that a provenance's `git+https://host/team/app.git@refs/heads/main`
 * and a policy's `https://host/team/app` are the same. User names and passwords are dropped; host and scheme are lower case;
 * `.` and `..` are walked as those who fetch it walk them (RFC 3986, 5.2.4), `%2e` like a dot: no pattern of a team fits what
 * another team has.
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
  if (url === null) {
    // `user@host:path`, of which the path is relative to a home folder.
    const [, host = '', path = ''] = /^([^/:]+:)?(.*)$/s.exec(bare) ?? [];
    return `${host}${withoutDotSegments(path)}`;
  }
  const [, scheme = '', authority = '', path = ''] = url;
  return `${scheme.toLowerCase()}://${authority.slice(authority.lastIndexOf('@') + 1).toLowerCase()}${withoutDotSegments(path)}`;
}

/** What begins with no slash keeps the `..` that leads out of it. */
function withoutDotSegments(path: string): string {
  const segments = path.split('/').map((segment) => ({ segment, plain: segment.replaceAll(/%2e/gi, '.') }));
  if (!segments.some(({ plain }) => plain === '.' || plain === '..')) return path;
  const kept: string[] = [];
  for (const { segment, plain } of segments) {
    const isOut = kept.length === 0 || kept.at(-1) === '..';
    if (plain === '..' && isOut) kept.push('..');
    else if (plain === '..' && kept.at(-1) !== '') kept.pop();
    else if (plain !== '..' && plain !== '.') kept.push(segment);
  }
  return kept.join('/');
}
