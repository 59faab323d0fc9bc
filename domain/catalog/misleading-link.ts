/** Links to folders, through which a package manager reaches what catalogers look for by another path. */

/** One path of each place where a database of an operating system lies. */
const DATABASES = [
  'var/lib/dpkg/status',
  'lib/apk/db/installed',
  'usr/lib/apk/db/installed',
  'var/lib/rpm/Packages',
  'usr/lib/sysimage/rpm/Packages',
];
const MODULES = /(?:^|\/)node_modules$/;

/**
 * Why packages may be missing where `path` is a symbolic link to `target`, both relative to the root: they are reached through
 * it, and nobody looks for them where it leads (`isWanted`). `undefined` where none can be missing.
 */
export function misleadingLink(path: string, target: string, isWanted: (path: string) => boolean): string | undefined {
  const reached = MODULES.test(path)
    ? [`${path}/a/package.json`]
    : DATABASES.filter((one) => one.startsWith(`${path}/`));
  const isMissed = reached.some((one) => !isWanted(`${target}${one.slice(path.length)}`.replace(/^\//, '')));
  return isMissed ? `a link to /${target}, where nobody looks for packages` : undefined;
}
