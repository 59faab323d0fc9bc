/** Packages as a lockfile or a manifest names them, and the components they become. */
import type { AskedRange, Ecosystem, FileHash, LicenceClaim } from '../sbom/component.ts';
import { createPurl, type PurlParts } from '../sbom/purl.ts';
import { CatalogError } from './catalog-error.ts';
import type { FoundComponent } from './layer-findings.ts';

export interface LockedPackage {
  /** What the other packages of the same file call it in `requires`. */
  readonly key: string;
  readonly name: string;
  /** Empty where the file pins none: it is said so, not guessed. */
  readonly version: string;
  /** Keys. Those that nobody has are left out. */
  readonly requires: readonly string[];
  /** Who asks for which versions of it: the key of who does, none for the project itself. */
  readonly askedFor?: readonly AskedRange[] | undefined;
  readonly scope?: FoundComponent['scope'];
  readonly licences?: readonly LicenceClaim[];
  readonly hashes?: readonly FileHash[];
  /** See FoundComponent. */
  readonly unnamedFiles?: true;
  /** See FoundComponent. */
  readonly fetchedFrom?: readonly string[] | undefined;
  /** See FoundComponent. */
  readonly listedAs?: string;
  readonly checksum?: string | undefined;
  readonly pin?: FoundComponent['pin'];
  readonly installScript?: boolean;
  /** Qualifiers of the purl. */
  readonly vcsUrl?: string | undefined;
  readonly downloadUrl?: string | undefined;
  readonly repositoryUrl?: string | undefined;
}

/** Asked for, in a file that does not say which versions. */
export const UNKNOWN_RANGE = '?';

/** How one ecosystem names a package. */
export interface PackageNaming {
  readonly ecosystem: Ecosystem;
  /** Type, namespace and name; version and qualifiers for the source are added. */
  purl(name: string): PurlParts;
  /** As advisories spell it; the name itself where absent. */
  advisoryName?(name: string): string;
}

const MAX_LENGTH = 512;

/** Throws a CatalogError (UNEXPECTED_SHAPE) for a name or version that no package can have. */
export function lockedComponents(
  packages: readonly LockedPackage[],
  naming: PackageNaming,
  foundBy: string,
): FoundComponent[] {
  const purls = new Map(packages.map((one) => [one.key, purlOf(one, naming)]));
  return packages.map((one) => {
    const purl = purls.get(one.key) ?? '';
    const targets = new Set(one.requires.map((key) => purls.get(key)));
    return {
      purl,
      ecosystem: naming.ecosystem,
      advisoryName: naming.advisoryName?.(one.name) ?? one.name,
      name: one.name,
      version: one.version,
      advisoryVersion: one.version,
      licences: [...(one.licences ?? [])],
      hashes: [...(one.hashes ?? [])],
      ...(one.unnamedFiles === undefined ? {} : { unnamedFiles: one.unnamedFiles }),
      dependsOn: [...targets].filter((target) => target !== undefined && target !== purl) as string[],
      requires: [],
      ...askedFor(one, purls),
      ...(one.scope === undefined ? {} : { scope: one.scope }),
      ...(one.fetchedFrom === undefined ? {} : { fetchedFrom: [...one.fetchedFrom] }),
      ...(one.listedAs === undefined ? {} : { listedAs: one.listedAs }),
      ...(one.pin === undefined ? {} : { pin: one.pin }),
      ...(one.checksum === undefined ? {} : { checksum: one.checksum }),
      ...(one.installScript === true ? { installScript: true } : {}),
      declared: true,
      foundBy,
    };
  });
}

function askedFor({ askedFor: asked = [] }: LockedPackage, purls: ReadonlyMap<string, string>) {
  if (asked.length === 0) return {};
  // Who is in the file and no component is a part of the project.
  return {
    askedFor: asked.map(({ by, range }) => {
      const purl = by === undefined ? undefined : purls.get(by);
      return purl === undefined ? { range } : { by: purl, range };
    }),
  };
}

function purlOf({ name, version, ...source }: LockedPackage, naming: PackageNaming): string {
  if (name.length > MAX_LENGTH || version.length > MAX_LENGTH)
    throw new CatalogError('UNEXPECTED_SHAPE', `a name or version of more than ${MAX_LENGTH} characters`);
  try {
    const parts = naming.purl(name);
    return createPurl({
      ...parts,
      ...(version === '' ? {} : { version }),
      qualifiers: {
        ...parts.qualifiers,
        repository_url: source.repositoryUrl ?? parts.qualifiers?.repository_url,
        vcs_url: source.vcsUrl,
        download_url: source.downloadUrl,
      },
    });
  } catch (error) {
    if (error instanceof CatalogError) throw error;
    throw new CatalogError('UNEXPECTED_SHAPE', 'a name or version that no package URL can have');
  }
}
