/** package.json of an installed package (https://docs.npmjs.com/cli/configuring-npm/package-json). */
import type { LicenceClaim } from '../../sbom/component.ts';
import { toLicenceClaim, uniqueLicences } from '../../sbom/licence.ts';
import { CatalogError } from '../catalog-error.ts';
import { isNpmName } from './package.ts';

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly licences: readonly LicenceClaim[];
  /** Names in `dependencies`, `optionalDependencies` and `peerDependencies`. */
  readonly requires: readonly string[];
}

const MAX_REQUIRES = 2000;

/** `undefined` for a package.json that names no package and version: a marker such as `{"type":"module"}`. */
export function parsePackageJson(json: unknown): PackageJson | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new CatalogError('UNEXPECTED_SHAPE', 'a package.json that is no object');
  const record = json as Record<string, unknown>;
  const { name, version } = record;
  if (name === undefined || version === undefined || version === '') return undefined;
  if (!isNpmName(name) || typeof version !== 'string' || version.length > 256)
    throw new CatalogError('UNEXPECTED_SHAPE', 'a package.json with a name or version npm does not allow');
  const requires = ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((key) => {
    const value = record[key];
    return typeof value === 'object' && value !== null ? Object.keys(value).filter(isNpmName) : [];
  });
  return {
    name,
    version: version.trim(),
    licences: uniqueLicences(parseLicences(record)),
    requires: [...new Set(requires)].slice(0, MAX_REQUIRES),
  };
}

/** `license` as text or, in old packages, `{type}`; `licenses` as a list of either. */
function parseLicences(record: Record<string, unknown>): LicenceClaim[] {
  const { license, licenses } = record;
  const said = [license, ...(Array.isArray(licenses) ? licenses.slice(0, 20) : [licenses])];
  return said.flatMap((one) => {
    const text = typeof one === 'object' && one !== null ? (one as Record<string, unknown>).type : one;
    const claim = typeof text === 'string' ? toLicenceClaim(text) : undefined;
    return claim === undefined ? [] : [claim];
  });
}
