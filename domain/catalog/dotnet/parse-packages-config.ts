/** packages.config (https://learn.microsoft.com/nuget/reference/packages-config). */
import { CatalogError } from '../catalog-error.ts';
import { childrenNamed, type XmlElement } from '../decode-xml.ts';
import type { LockedPackage } from '../locked-packages.ts';

export function parsePackagesConfig(root: XmlElement): LockedPackage[] {
  if (root.name !== 'packages') throw new CatalogError('UNEXPECTED_SHAPE', 'no packages.config');
  return childrenNamed(root, 'package').flatMap(({ attributes }): LockedPackage[] => {
    const name = attributes.get('id');
    const version = attributes.get('version') ?? '';
    if (name === undefined) return [];
    const isDevelopment = attributes.get('developmentDependency') === 'true';
    return [{ key: name, name, version, requires: [], scope: isDevelopment ? 'development' : 'runtime' }];
  });
}
