/** Headers of rpm's database as packages of the system. */
import { toLicenceClaim } from '../../sbom/licence.ts';
import type { SystemPackage } from '../layer-findings.ts';
import { isWorthOwning } from '../system/owned-files.ts';
import { toRpmLicence } from './licence.ts';
import type { RpmHeader } from './parse-header.ts';

/** Keys that rpm trusts stand among the packages, as `gpg-pubkey`, without being any. */
export function toRpmPackages(headers: readonly RpmHeader[]): SystemPackage[] {
  // A dependency may be a path: whoever has the file provides it. The others' paths are not worth keeping.
  const askedPaths = new Set(headers.flatMap(({ requires }) => requires.filter((name) => name.startsWith('/'))));
  return headers.filter(({ name }) => name !== 'gpg-pubkey').map((header) => toPackage(header, askedPaths));
}

function toPackage(header: RpmHeader, askedPaths: ReadonlySet<string>): SystemPackage {
  const { name, epoch, vendor, arch, sourceRpm } = header;
  const version = `${header.version}-${header.release}`;
  const source = parseSourceRpm(sourceRpm);
  const licence = header.licence === undefined ? undefined : toLicenceClaim(toRpmLicence(header.licence));
  const provides = new Set(header.provides);
  const files: string[] = [];
  for (const path of header.files()) {
    if (askedPaths.has(`/${path}`)) provides.add(`/${path}`);
    if (isWorthOwning(path)) files.push(path);
  }
  return {
    name,
    version,
    ...(epoch === undefined ? {} : { epoch }),
    ...(arch === undefined ? {} : { architecture: arch }),
    source: source?.name ?? name,
    sourceVersion: source?.version ?? version,
    ...(sourceRpm === undefined ? {} : { sourceFile: sourceRpm }),
    ...(vendor === undefined ? {} : { supplier: vendor }),
    licences: licence === undefined ? [] : [licence],
    // What rpm itself must be able to do (`rpmlib(…)`) and conditions (`(a if b)`) lead to no package.
    depends: [...new Set(header.requires.filter((one) => !one.startsWith('rpmlib(') && !one.startsWith('(')))],
    provides: [...provides],
    files,
  };
}

/** `bash-5.1.8-6.el9.src.rpm`: name, version and release, told apart by the last two dashes. */
function parseSourceRpm(file: string | undefined): { readonly name: string; readonly version: string } | undefined {
  const match = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(file ?? '');
  return match?.[1] === undefined || match[2] === undefined ? undefined : { name: match[1], version: match[2] };
}
