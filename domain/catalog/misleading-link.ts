/** Links to folders, through which an operating system's package manager reaches its database. */

/** One path of each place where a database of an operating system lies. */
const DATABASES = [
  'var/lib/dpkg/status',
  'lib/apk/db/installed',
  'usr/lib/apk/db/installed',
  'var/lib/rpm/Packages',
  'usr/lib/sysimage/rpm/Packages',
];

/**
 * Why packages may be missing where `path` is a symbolic link to `target`, both relative to the root: their database is reached
 * through it, and nobody looks for one where it leads (`isWanted`). `undefined` where none can be missing.
 */
export function misleadingLink(path: string, target: string, isWanted: (path: string) => boolean): string | undefined {
  const reached = DATABASES.filter((one) => one.startsWith(`${path}/`));
  const isMissed = reached.some((one) => !isWanted(`${target}${one.slice(path.length)}`.replace(/^\//, '')));
  return isMissed ? `a link to /${target}, where nobody looks for packages` : undefined;
}
