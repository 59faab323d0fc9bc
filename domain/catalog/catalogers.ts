import { apkCataloger } from './apk/cataloger.ts';
import type { BinaryCataloger } from './binary-cataloger.ts';
import { bunLockfileCataloger } from './bun/cataloger.ts';
import type { Cataloger } from './cataloger.ts';
import { dpkgCataloger, dpkgCopyrightCataloger, dpkgFilesCataloger } from './dpkg/cataloger.ts';
import { javaArchiveCataloger } from './java/cataloger.ts';
import { nodeModulesCataloger, npmLockfileCataloger } from './npm/cataloger.ts';
import { osReleaseCataloger } from './os-release/cataloger.ts';
import { pnpmLockfileCataloger } from './pnpm/cataloger.ts';
import { pythonDistInfoCataloger } from './python/cataloger.ts';
import { rpmCataloger } from './rpm/cataloger.ts';
import { yarnLockfileCataloger } from './yarn/cataloger.ts';

/**
 * Every cataloger. Adding one is adding a folder and a line here, and raising CATALOG_VERSION.
 * A file goes to the first that wants it.
 */
const catalogers: readonly Cataloger[] = [
  osReleaseCataloger,
  apkCataloger,
  dpkgCataloger,
  dpkgCopyrightCataloger,
  dpkgFilesCataloger,
  rpmCataloger,
  nodeModulesCataloger,
  npmLockfileCataloger,
  pythonDistInfoCataloger,
  javaArchiveCataloger,
  pnpmLockfileCataloger,
  yarnLockfileCataloger,
  bunLockfileCataloger,
];

/** Those that read the layers of images. */
const layerCatalogers = catalogers.filter(({ treesOnly }) => treesOnly !== true);

/** The cataloger for a path relative to the root, if one wants it. */
export function catalogerFor(path: string): Cataloger | undefined {
  return catalogers.find((cataloger) => cataloger.wants(path));
}

/** Every cataloger of executables: see `binary-cataloger.ts`. All of them are asked. A change raises CATALOG_VERSION too. */
export const binaryCatalogers: readonly BinaryCataloger[] = [];

/** The same for a path in a layer of an image. */
export function layerCatalogerFor(path: string): Cataloger | undefined {
  return layerCatalogers.find((cataloger) => cataloger.wants(path));
}
