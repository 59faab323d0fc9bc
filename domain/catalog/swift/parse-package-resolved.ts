/** Package.resolved, versions 1 to 3 (swift-package-manager, Sources/PackageGraph/ResolvedPackagesStore.swift). It has no edges. */
import { CatalogError } from '../catalog-error.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { publicAddress, vcsUrl } from '../public-address.ts';
import { fieldsOf, listOf, requireFields, textOf } from '../read-fields.ts';

/** A pin on a branch or a revision has no version. Repositories in folders of this machine are the project's own, and left out. */
export function parsePackageResolved(json: unknown): LockedPackage[] {
  const lock = requireFields(json, 'Package.resolved');
  const { version } = lock;
  if (version !== 1 && version !== 2 && version !== 3)
    throw new CatalogError('UNSUPPORTED_VERSION', 'a version of Package.resolved other than 1 to 3');
  const pins = listOf(version === 1 ? fieldsOf(lock.object).pins : lock.pins);
  return pins.flatMap((value, index): LockedPackage[] => {
    const pin = fieldsOf(value);
    const state = fieldsOf(pin.state);
    const location = textOf(pin.location) ?? textOf(pin.repositoryURL);
    if (pin.kind === 'localSourceControl' || isFolder(location)) return [];
    const identity = textOf(pin.identity) ?? textOf(pin.package);
    const tagged = textOf(state.version) ?? '';
    // A package of a registry has an identity and no repository.
    const name = repositoryName(location) ?? identity?.replace('.', '/');
    if (name === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'a pin without a location');
    return [
      {
        key: String(index),
        name,
        version: tagged,
        requires: [],
        checksum: textOf(state.revision),
        vcsUrl: tagged === '' && location !== undefined ? vcsUrl(location, textOf(state.revision)) : undefined,
      },
    ];
  });
}

/** A repository beside the project, as version 1 has it without a kind. */
function isFolder(location: string | undefined): boolean {
  return location !== undefined && /^(?:\.{0,2}\/|file:)/i.test(location);
}

/** `https://github.com/a/b.git` and `git@github.com:a/b.git` are `github.com/a/b`. */
function repositoryName(location: string | undefined): string | undefined {
  const spelt = /^(?:ssh:\/\/)?git@([^:/]+)[:/](.+)$/.exec(location ?? '');
  const address = spelt === null ? publicAddress(location ?? '') : `ssh://${spelt[1]}/${spelt[2]}`;
  return address?.replace(/^[a-z+]+:\/\//, '').replace(/(?:\.git)?\/?$/, '');
}
