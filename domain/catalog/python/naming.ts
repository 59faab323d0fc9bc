import type { FileHash } from '../../sbom/component.ts';
import { namedHash } from '../file-hash.ts';
import type { LockedPackage, PackageNaming } from '../locked-packages.ts';
import { normaliseName } from './parse-metadata.ts';

/** Names of PyPI as the specification normalises them (https://packaging.python.org/en/latest/specifications/name-normalization/). */
export const pypiNaming: PackageNaming = {
  ecosystem: 'PyPI',
  purl: (name) => ({ type: 'pypi', name: normaliseName(name) }),
  advisoryName: normaliseName,
};

/** A wheel or the archive of a source: somebody's package, also where it lies beside the lockfile, as a folder does not. */
export function isDistribution(path: string): boolean {
  return /\.(?:whl|zip|tgz|tar\.(?:gz|bz2|xz))$/i.test(path);
}

/**
 * What the file of a wheel is called after, at a path or an address; `undefined` for any other file
 * (https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention).
 */
export function parseWheelName(place: string): { readonly name: string; readonly version: string } | undefined {
  const base = /([^/]+)\.whl$/.exec(place.split(/[?#]/, 1)[0] ?? '')?.[1];
  const [name, version, ...tags] = (base ?? '').replaceAll(/%2b/gi, '+').split('-');
  // Perhaps with the number of a build before the three tags.
  return name && version && (tags.length === 3 || tags.length === 4) ? { name, version } : undefined;
}

export interface DistributionFile {
  /** File name or address. */
  readonly file: string;
  /** `sha256:…`. */
  readonly hash: string | undefined;
}

/** A version has a file for each platform: the one for all of them comes first, then the source, then the rest. */
export function distributionHashes(files: readonly DistributionFile[]): FileHash[] {
  const rank = ({ file }: DistributionFile): number =>
    file.endsWith('-none-any.whl') ? 0 : file.endsWith('.whl') ? 2 : 1;
  return files.toSorted((a, b) => rank(a) - rank(b)).flatMap(({ hash }) => namedHash(hash));
}

/** Keys that lead to every version of a name: a lockfile may pin several, for different platforms. */
export function keysByName(packages: readonly LockedPackage[]): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(packages, ({ name }) => normaliseName(name));
  return new Map([...groups].map(([name, group]) => [name, group.map(({ key }) => key)]));
}
