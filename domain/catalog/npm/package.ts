/** An npm package as a component. */
import type { AskedRange, FileHash, LicenceClaim } from '../../sbom/component.ts';
import { createPurl } from '../../sbom/purl.ts';
import { CatalogError } from '../catalog-error.ts';
import type { FoundComponent } from '../layer-findings.ts';
import type { PackageNaming } from '../locked-packages.ts';

export interface NpmPackage {
  /** `name` or `@scope/name`. */
  readonly name: string;
  readonly version: string;
  /** Where it is from, where that is no registry. */
  readonly vcsUrl?: string | undefined;
  readonly downloadUrl?: string | undefined;
  readonly licences: readonly LicenceClaim[];
  readonly hashes: readonly FileHash[];
  readonly dependsOn: readonly string[];
  readonly askedFor?: readonly AskedRange[] | undefined;
  readonly requires: readonly string[];
  readonly scope?: FoundComponent['scope'];
  readonly fetchedFrom?: string;
  readonly listedAs?: string;
  readonly installScript?: true;
  readonly checksum?: string;
  /** See FoundComponent. */
  readonly place?: string;
  readonly foundBy: 'node-modules' | 'npm-lockfile' | 'npm-package';
}

/** The names npm accepts, old ones with capitals included; nothing that would break out of a purl or a path. */
export function isNpmName(name: unknown): name is string {
  return (
    typeof name === 'string' &&
    name.length <= 214 &&
    /^(?:@[a-z0-9~._-]+\/)?[a-z0-9~_!'()*-][a-z0-9~._!'()*-]*$/i.test(name)
  );
}

/** An archive as `npm pack` makes it is somebody's package, also where it lies beside the lockfile, as a folder does not. */
export function isTarball(path: string): boolean {
  return /\.(?:tgz|tar\.gz)$/.test(path);
}

export function npmPurl({
  name,
  version,
  vcsUrl,
  downloadUrl,
}: Pick<NpmPackage, 'name' | 'version' | 'vcsUrl' | 'downloadUrl'>): string {
  const slash = name.indexOf('/');
  return createPurl({
    type: 'npm',
    ...(slash === -1 ? {} : { namespace: name.slice(0, slash) }),
    name: name.slice(slash + 1),
    version,
    qualifiers: { vcs_url: vcsUrl, download_url: downloadUrl },
  });
}

export function toNpmComponent(found: NpmPackage): FoundComponent {
  return {
    purl: npmPurl(found),
    ecosystem: 'npm',
    advisoryName: found.name,
    name: found.name,
    version: found.version,
    advisoryVersion: found.version,
    licences: [...found.licences],
    hashes: [...found.hashes],
    dependsOn: [...found.dependsOn],
    requires: [...found.requires],
    ...(found.askedFor === undefined || found.askedFor.length === 0 ? {} : { askedFor: [...found.askedFor] }),
    ...(found.scope === undefined ? {} : { scope: found.scope }),
    ...(found.fetchedFrom === undefined ? {} : { fetchedFrom: [found.fetchedFrom] }),
    ...(found.listedAs === undefined ? {} : { listedAs: found.listedAs }),
    ...(found.installScript === undefined ? {} : { installScript: found.installScript }),
    ...(found.checksum === undefined ? {} : { checksum: found.checksum }),
    ...(found.place === undefined ? {} : { place: found.place }),
    foundBy: found.foundBy,
  };
}

/** For the lockfiles of the other package managers of this ecosystem. */
export const npmNaming: PackageNaming = {
  ecosystem: 'npm',
  purl(name) {
    if (!isNpmName(name)) throw new CatalogError('UNEXPECTED_SHAPE', 'a name npm does not allow');
    const slash = name.indexOf('/');
    return { type: 'npm', ...(slash === -1 ? {} : { namespace: name.slice(0, slash) }), name: name.slice(slash + 1) };
  },
};
