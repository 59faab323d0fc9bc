import { apkCataloger } from './apk/cataloger.ts';
import type { BinaryCataloger } from './binary-cataloger.ts';
import { bunLockfileCataloger } from './bun/cataloger.ts';
import { cargoLockfileCataloger, cargoVendorCataloger } from './cargo/cataloger.ts';
import type { Cataloger } from './cataloger.ts';
import { pubspecLockfileCataloger } from './dart/cataloger.ts';
import { dockerfileCataloger } from './dockerfile/cataloger.ts';
import { dotnetBundleCataloger } from './dotnet/bundle-cataloger.ts';
import { dotnetDepsCataloger } from './dotnet/deps-cataloger.ts';
import { dotnetManifestCatalogers } from './dotnet/manifest-catalogers.ts';
import { dpkgCataloger, dpkgCopyrightCataloger, dpkgFilesCataloger } from './dpkg/cataloger.ts';
import { mixLockfileCataloger } from './elixir/cataloger.ts';
import { githubActionsCataloger } from './github-actions/cataloger.ts';
import { goModuleCatalogers } from './go/manifest-catalogers.ts';
import { goBinaryCataloger } from './go-binary/cataloger.ts';
import { chartLockfileCataloger } from './helm/cataloger.ts';
import { javaArchiveCataloger } from './java/cataloger.ts';
import { javaManifestCatalogers } from './java/manifest-catalogers.ts';
import { knownBinaryCataloger } from './known-binary/cataloger.ts';
import { goToolchainCataloger, javaReleaseCataloger } from './known-binary/release-files.ts';
import { nodeModulesCataloger, npmLockfileCataloger, npmPackageCataloger } from './npm/cataloger.ts';
import { osReleaseCataloger } from './os-release/cataloger.ts';
import { composerInstalledCataloger } from './php/installed-cataloger.ts';
import { composerLockfileCataloger } from './php/lockfile-cataloger.ts';
import { pnpmLockfileCataloger } from './pnpm/cataloger.ts';
import { pythonDistInfoCataloger, pythonEggCataloger } from './python/cataloger.ts';
import { pythonLockfileCatalogers } from './python/lockfile-catalogers.ts';
import { rPackageCataloger } from './r/cataloger.ts';
import { rpmCataloger } from './rpm/cataloger.ts';
import { rpmLogCataloger } from './rpm/log-cataloger.ts';
import { gemspecCataloger } from './ruby/gemspec-cataloger.ts';
import { gemfileLockCataloger } from './ruby/lockfile-cataloger.ts';
import { rustBinaryCataloger } from './rust-binary/cataloger.ts';
import { swiftLockfileCataloger } from './swift/cataloger.ts';
import { terraformLockfileCataloger } from './terraform/cataloger.ts';
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
  rpmLogCataloger,
  nodeModulesCataloger,
  npmLockfileCataloger,
  pythonDistInfoCataloger,
  pythonEggCataloger,
  gemspecCataloger,
  composerInstalledCataloger,
  dotnetDepsCataloger,
  rPackageCataloger,
  javaReleaseCataloger,
  goToolchainCataloger,
  javaArchiveCataloger,
  pnpmLockfileCataloger,
  yarnLockfileCataloger,
  bunLockfileCataloger,
  ...pythonLockfileCatalogers,
  ...goModuleCatalogers,
  cargoLockfileCataloger,
  cargoVendorCataloger,
  ...javaManifestCatalogers,
  gemfileLockCataloger,
  composerLockfileCataloger,
  ...dotnetManifestCatalogers,
  mixLockfileCataloger,
  pubspecLockfileCataloger,
  swiftLockfileCataloger,
  githubActionsCataloger,
  dockerfileCataloger,
  chartLockfileCataloger,
  terraformLockfileCataloger,
];

/** Those that read the layers of images. */
const layerCatalogers = catalogers.filter(({ treesOnly }) => treesOnly !== true);

/** The cataloger for a path relative to the root, if one wants it. */
export function catalogerFor(path: string): Cataloger | undefined {
  return catalogers.find((cataloger) => cataloger.wants(path));
}

/** The same in an archive that is no layer: of a package of npm its own package.json counts, in a folder it is the project's. */
export function archiveCatalogerFor(path: string): Cataloger | undefined {
  return npmPackageCataloger.wants(path) ? npmPackageCataloger : catalogerFor(path);
}

/** Every cataloger of executables: see `binary-cataloger.ts`. All of them are asked. A change raises CATALOG_VERSION too. */
export const binaryCatalogers: readonly BinaryCataloger[] = [
  goBinaryCataloger,
  rustBinaryCataloger,
  dotnetBundleCataloger,
  knownBinaryCataloger,
];

/** The same for a path in a layer of an image. */
export function layerCatalogerFor(path: string): Cataloger | undefined {
  return layerCatalogers.find((cataloger) => cataloger.wants(path));
}

/** Every name `foundBy` may have: docs/catalog.md has a row for each. */
export function catalogerNames(): readonly string[] {
  return [...catalogers, npmPackageCataloger, ...binaryCatalogers].map(({ name }) => name);
}
