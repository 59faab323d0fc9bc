import type { PackageNaming } from '../locked-packages.ts';

/** Modules by their path, whose case counts (purl-spec, types/golang-definition.json). */
export const goNaming: PackageNaming = {
  ecosystem: 'Go',
  purl(path) {
    const slash = path.lastIndexOf('/');
    return {
      type: 'golang',
      ...(slash === -1 ? {} : { namespace: path.slice(0, slash) }),
      name: path.slice(slash + 1),
    };
  },
};
