/** Component versions by the package that somebody names, in whatever spelling it is stored. */
import { compareVersions } from '../../domain/advisory/compare-versions.ts';
import { normalisePackageName } from '../../domain/advisory/package-identity.ts';
import { ecosystemOfType, fromPurl } from '../../domain/sbom/from-purl.ts';
import { parsePurl } from '../../domain/sbom/purl.ts';
import type { Executor } from './database.ts';
import { componentsOfPackages, componentsOfPurl, type KnownComponent } from './known-component.ts';

/** Every version of the package that a purl without version and qualifiers names, about `limit` at most. */
export async function componentsNamed(db: Executor, purl: string, limit: number): Promise<KnownComponent[]> {
  const written = await componentsOfPurl(db, purl, limit);
  const { type } = parsePurl(purl);
  // Packages of systems have one spelling, and are known to advisories by the name of their source.
  if (ecosystemOfType(type) === 'generic') return written;
  const { ecosystem, advisoryName } = fromPurl(purl);
  const name = normalisePackageName(ecosystem, advisoryName);
  const spelt = await componentsOfPackages(db, [{ ecosystem, name }], limit);
  const known = new Set(written.map(({ id }) => id));
  return [...written, ...spelt.filter((row) => !known.has(row.id) && row.purl.startsWith(`pkg:${type}/`))];
}

/** As it stands in a purl: what is none in the order of its ecosystem is compared as text. */
const versionText = (purl: string) => /@[^/@]*$/.exec(purl.replace(/[?#].*$/, ''))?.[0];

/** Whether a row of the package is of the very version that the purl spells. */
export function spellsVersion(row: Pick<KnownComponent, 'purl'>, purl: string): boolean {
  return versionText(row.purl) === versionText(purl);
}

/** Those of a package URL without qualifiers: of its version however it is spelt (`v5.0.0`, `5.0`), or all where it has none. */
export async function componentsMeant(db: Executor, purl: string, limit: number): Promise<KnownComponent[]> {
  const { version } = parsePurl(purl);
  if (version === undefined) return componentsNamed(db, purl, limit);
  const rows = await componentsNamed(db, purl.slice(0, purl.lastIndexOf('@')), limit);
  return rows.filter((row) => spellsVersion(row, purl) || compareVersions(row.ecosystem, row.version, version) === 0);
}
