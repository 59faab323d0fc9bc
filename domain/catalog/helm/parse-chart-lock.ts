/** Chart.lock (https://helm.sh/docs/helm/helm_dependency/): YAML. Its digest is of what is asked for, not of the charts. */
import { CatalogError } from '../catalog-error.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { publicAddress } from '../public-address.ts';
import { fieldsOf, listOf, requireFields, textOf } from '../read-fields.ts';

/** Charts in folders beside it are left out. */
export function parseChartLock(document: unknown): LockedPackage[] {
  return listOf(requireFields(document, 'Chart.lock').dependencies).flatMap((value, index): LockedPackage[] => {
    const entry = fieldsOf(value);
    const name = textOf(entry.name);
    const repository = textOf(entry.repository) ?? '';
    if (name === undefined) throw new CatalogError('UNEXPECTED_SHAPE', 'a dependency without a name');
    if (repository === '' || repository.startsWith('file:')) return [];
    const address = publicAddress(repository);
    return [
      {
        key: String(index),
        name,
        version: textOf(entry.version) ?? '',
        requires: [],
        ...(address === undefined
          ? {}
          : { repositoryUrl: address, fetchedFrom: /^\w+:\/\/[^/]+/.exec(address) ?? undefined }),
      },
    ];
  });
}
