import type { PackageNaming } from '../locked-packages.ts';

/** Names are `registry/repository`, in full: `docker.io/library/debian`. */
export const imageNaming: PackageNaming = {
  ecosystem: 'generic',
  purl(name) {
    const [registry = '', ...path] = name.split('/');
    const namespace = path.slice(0, -1).join('/');
    return {
      type: 'docker',
      ...(namespace === '' ? {} : { namespace }),
      name: path.at(-1) ?? '',
      qualifiers: { repository_url: registry === 'docker.io' ? undefined : registry },
    };
  },
};
