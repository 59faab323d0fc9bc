/** Catalogers of lockfiles and manifests: files that say what a project uses, in trees of sources. */
import { type FileCataloger, MEBIBYTE } from './cataloger.ts';
import type { FileFacts } from './layer-findings.ts';
import { type LockedPackage, lockedComponents, type PackageNaming } from './locked-packages.ts';

interface Manifest {
  /** Shown as `foundBy`. */
  readonly name: string;
  /** Tells by the file's name alone, `pnpm-lock.yaml`, or by its folder too; `path` has all of it. */
  readonly isNamed: (fileName: string, path: string) => boolean;
  readonly maxMebibytes: number;
}

/** What a package manager has put there belongs to it, with all that its authors left inside. */
const INSTALLED =
  /(?:^|\/)(?:node_modules|bower_components|site-packages|dist-packages|vendor\/bundle|(?:\d+\.\d+\.\d+|bundle)\/gems|pkg\/mod\/(?:cache|(?:[^/]+\/)*[^/]+@v[^/]+)|registry\/src\/[^/]+)\//;

/** Whether a path lies in what a package manager has installed. */
export function isInstalled(path: string): boolean {
  return INSTALLED.test(path);
}

/** `read` gives the facts of one file; throws a CatalogError for one that is broken. */
export function manifestCataloger(
  manifest: Manifest,
  read: (bytes: Uint8Array, path: string) => FileFacts | undefined,
): FileCataloger {
  return {
    kind: 'file',
    name: manifest.name,
    maxBytes: manifest.maxMebibytes * MEBIBYTE,
    treesOnly: true,
    wants: (path) => manifest.isNamed(path.slice(path.lastIndexOf('/') + 1), path) && !isInstalled(path),
    catalog: (path, bytes) => read(bytes, path),
  };
}

/** For a file that says everything by itself. */
export function lockfileCataloger(
  manifest: Manifest & { readonly naming: PackageNaming },
  parse: (bytes: Uint8Array) => readonly LockedPackage[],
): FileCataloger {
  return manifestCataloger(manifest, (bytes) => ({
    kind: 'components',
    components: lockedComponents(parse(bytes), manifest.naming, manifest.name),
  }));
}
