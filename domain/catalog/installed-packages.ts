import type { FileFacts } from './layer-findings.ts';
import { type LockedPackage, lockedComponents, type PackageNaming } from './locked-packages.ts';

/**
 * Packages that are there, not only asked for. What they require is in other files, beside this one, and is found once
 * all of them are known. Throws a CatalogError as `lockedComponents` does.
 */
export function installedComponents(
  packages: readonly LockedPackage[],
  naming: PackageNaming,
  foundBy: string,
): FileFacts {
  const components = lockedComponents(packages, naming, foundBy).map(
    ({ declared: _declared, ...component }, index) => ({
      ...component,
      requires: [...(packages[index]?.requires ?? [])],
    }),
  );
  return { kind: 'components', components };
}
