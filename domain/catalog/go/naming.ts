import type { PackageNaming } from '../locked-packages.ts';

/** Modules by their path; advisories spell it as the module does, package URLs in lower case. */
export const goNaming: PackageNaming = {
  ecosystem: 'Go',
  purl(path) {
    const slash = path.lastIndexOf('/');
    return {
      type: 'golang',
      ...(slash === -1 ? {} : { namespace: path.slice(0, slash).toLowerCase() }),
      name: path.slice(slash + 1).toLowerCase(),
    };
  },
};
