import type { PackageNaming } from '../locked-packages.ts';

/** Names are `vendor/package`; Composer takes them for the same whatever their case. */
export const composerNaming: PackageNaming = {
  ecosystem: 'Packagist',
  purl(name) {
    const slash = name.indexOf('/');
    return {
      type: 'composer',
      ...(slash === -1 ? {} : { namespace: name.slice(0, slash).toLowerCase() }),
      name: name.slice(slash + 1).toLowerCase(),
    };
  },
  advisoryName: (name) => name.toLowerCase(),
};
