/** A Debian package as a component. */
import type { LicenceClaim, OperatingSystem } from '../../sbom/component.ts';
import { createPurl } from '../../sbom/purl.ts';
import type { DpkgPackage, FoundComponent } from '../layer-findings.ts';

/**
 * `pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12`. Advisories name the source package and its version.
 * Distributions other than Debian have advisories of their own: theirs are not matched with Debian's.
 */
export function toDpkgComponent(
  found: DpkgPackage,
  system: OperatingSystem | undefined,
  licences: readonly LicenceClaim[],
): FoundComponent {
  const id = system?.id ?? 'debian';
  const release = id === 'debian' ? system?.versionId : undefined;
  return {
    purl: createPurl({
      type: 'deb',
      namespace: id,
      name: found.name,
      version: found.version,
      qualifiers: {
        arch: found.architecture,
        distro: system?.versionId === undefined ? undefined : `${id}-${system.versionId}`,
      },
    }),
    ecosystem: id === 'debian' ? 'Debian' : 'generic',
    advisoryName: found.source,
    name: found.name,
    version: found.version,
    advisoryVersion: found.sourceVersion,
    ...(release === undefined ? {} : { release }),
    licences: [...licences],
    hashes: [],
    ...(found.maintainer === undefined ? {} : { supplier: found.maintainer }),
    dependsOn: [],
    requires: found.depends,
    foundBy: 'dpkg',
  };
}

/** What tells two packages of one database apart, and one version of them from the next. */
export function dpkgIdentity(found: DpkgPackage): string {
  return `${found.name}:${found.architecture ?? ''}=${found.version}`;
}
