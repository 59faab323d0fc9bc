/** A package of an operating system as a component. */
import type { LicenceClaim, OperatingSystem } from '../../sbom/component.ts';
import { distributionOf } from '../../sbom/distribution.ts';
import { createPurl } from '../../sbom/purl.ts';
import type { FoundComponent, PackageManager, SystemPackage } from '../layer-findings.ts';

const purlTypes: Readonly<Record<PackageManager, string>> = { dpkg: 'deb', apk: 'apk', rpm: 'rpm' };

/** Whose packages they are where no os-release says so. rpm's are of too many to guess. */
const assumed: Readonly<Record<PackageManager, string | undefined>> = { dpkg: 'debian', apk: 'alpine', rpm: undefined };

/**
 * `pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc`, as the purl types deb, apk and rpm say;
 * `upstream` names the source package, as Syft and Grype write and read it. Advisories ask for the source or the
 * binary package, as the distribution does.
 */
export function toSystemComponent(
  found: SystemPackage,
  manager: PackageManager,
  system: OperatingSystem | undefined,
  licences: readonly LicenceClaim[],
): FoundComponent {
  const id = system?.id ?? assumed[manager];
  const distribution = id === undefined ? undefined : distributionOf(system ?? { id });
  const bySource = distribution?.advisoriesName !== 'binary';
  const version = withEpoch(found, found.version);
  return {
    purl: createPurl({
      type: purlTypes[manager],
      ...(distribution === undefined ? {} : { namespace: distribution.namespace }),
      name: found.name,
      version: found.version,
      qualifiers: {
        arch: found.architecture,
        distro: system?.versionId === undefined ? undefined : `${system.id}-${system.versionId}`,
        epoch: found.epoch === undefined ? undefined : String(found.epoch),
        upstream: upstreamOf(found),
      },
    }),
    ecosystem: distribution?.ecosystem ?? 'generic',
    advisoryName: bySource ? found.source : found.name,
    name: found.name,
    version,
    advisoryVersion: bySource ? withEpoch(found, found.sourceVersion) : version,
    ...(distribution?.release === undefined ? {} : { release: distribution.release }),
    licences: [...licences],
    hashes: [],
    ...(found.supplier === undefined ? {} : { supplier: found.supplier }),
    dependsOn: [],
    requires: found.depends,
    foundBy: manager,
  };
}

/** What tells two packages of one database apart, and one version of them from the next. */
export function systemIdentity(found: SystemPackage): string {
  return `${found.name}:${found.architecture ?? ''}=${withEpoch(found, found.version)}`;
}

function withEpoch({ epoch }: SystemPackage, version: string): string {
  return epoch === undefined || epoch === 0 ? version : `${epoch}:${version}`;
}

function upstreamOf({ name, version, source, sourceVersion, sourceFile }: SystemPackage): string | undefined {
  if (sourceFile !== undefined) return sourceFile;
  if (sourceVersion !== version) return `${source}@${sourceVersion}`;
  return source === name ? undefined : source;
}
