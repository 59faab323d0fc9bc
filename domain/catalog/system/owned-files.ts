/** Which files of an operating system's packages are worth remembering, and under which name they are found again. */

/** Programs have no ending, or a version as theirs: `bin/python3.11`. */
const PROGRAM = /(?:^|\/)s?bin\/[^/]+$|(?:^|\/)libexec\/.*\/?[^/.]+$|(?:^|\/)lib(?:64)?\/(?:[^/]+\/)*[^/.]+$/;
const LIBRARY = /\.so(?:\.\d+)*$/;
const INSTALLED = new RegExp(
  [
    String.raw`\.(?:dist-info\/METADATA|egg-info(?:\/PKG-INFO)?|egg|jar|war|ear|gemspec|deps\.json)$`,
    String.raw`\/node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$`,
    String.raw`\/composer\/installed\.json$`,
    String.raw`\/DESCRIPTION$`,
    String.raw`(?:^|\/)(?:VERSION|release)$`,
  ].join('|'),
);

/** True for what another cataloger may find a package in: the rest would only fill caches. */
export function isWorthOwning(path: string): boolean {
  return INSTALLED.test(path) || PROGRAM.test(path) || LIBRARY.test(path);
}

/**
 * Since /bin, /sbin and /lib are links into /usr, databases name files by either path (Debian's usrmerge); here by
 * the one below usr.
 */
export function mergedPath(path: string): string {
  return /^(?:s?bin|lib(?:32|64|x32)?)\//.test(path) ? `usr/${path}` : path;
}
