import { CatalogError } from '../catalog-error.ts';
import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeJson } from '../decode-text.ts';
import { installedComponents } from '../installed-packages.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { fieldsOf, listOf, textOf } from '../read-fields.ts';
import { composerNaming } from './naming.ts';
import { composerPackage } from './parse-composer-lock.ts';

/** What Composer installed, as it notes in `vendor/composer/installed.json`. */
export const composerInstalledCataloger: FileCataloger = {
  kind: 'file',
  name: 'php-installed',
  maxBytes: 64 * MEBIBYTE,
  wants: (path) => path.endsWith('/composer/installed.json') || path === 'composer/installed.json',
  catalog: (_path, bytes) => installedComponents(parseInstalled(decodeJson(bytes)), composerNaming, 'php-installed'),
};

/** Composer 2 has `packages` in an object; before it, the list was the document. */
function parseInstalled(json: unknown): LockedPackage[] {
  const packages = Array.isArray(json) ? json : fieldsOf(json).packages;
  if (!Array.isArray(packages)) throw new CatalogError('UNEXPECTED_SHAPE', 'an installed.json without "packages"');
  const development = new Set(listOf(fieldsOf(json)['dev-package-names']).map((name) => textOf(name)?.toLowerCase()));
  return listOf(packages).flatMap((one) => {
    const name = textOf(fieldsOf(one).name)?.toLowerCase();
    return composerPackage(fieldsOf(one), development.has(name) ? 'development' : 'runtime');
  });
}
