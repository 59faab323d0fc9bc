/** The dpkg database: /var/lib/dpkg/status, and status.d/* in distroless images (dpkg(1), deb-control(5)). */
import { CatalogError } from '../catalog-error.ts';
import type { SystemPackage } from '../layer-findings.ts';
import { type ControlParagraph, fieldOf, parseControl } from '../parse-control.ts';

const MAX_PACKAGES = 100_000;

/**
 * Packages whose files are on disk: every state but `not-installed` and `config-files`. A paragraph without a Status
 * (status.d) counts as installed. Throws a CatalogError (UNEXPECTED_SHAPE) for a paragraph cut off or not a package's.
 */
export function parseStatus(text: string): SystemPackage[] {
  const packages: SystemPackage[] = [];
  for (const paragraph of parseControl(text)) {
    const found = toPackage(paragraph);
    if (found !== undefined) packages.push(found);
    if (packages.length > MAX_PACKAGES) throw new CatalogError('TOO_MANY', `more than ${MAX_PACKAGES} packages`);
  }
  return packages;
}

function toPackage(paragraph: ControlParagraph): SystemPackage | undefined {
  const name = fieldOf(paragraph, 'package');
  if (name === undefined)
    throw new CatalogError('UNEXPECTED_SHAPE', 'a paragraph without a Package field: not a dpkg database');
  const state = fieldOf(paragraph, 'status')?.split(/\s+/)[2];
  if (state === 'not-installed' || state === 'config-files') return undefined;
  const version = fieldOf(paragraph, 'version');
  if (version === undefined)
    throw new CatalogError('UNEXPECTED_SHAPE', 'an installed package without a Version field: the file is cut off');
  const architecture = fieldOf(paragraph, 'architecture');
  const maintainer = fieldOf(paragraph, 'maintainer');
  return {
    name,
    version,
    ...(architecture === undefined ? {} : { architecture }),
    ...(maintainer === undefined ? {} : { supplier: maintainer }),
    ...parseSource(fieldOf(paragraph, 'source'), name, version),
    depends: [...dependencies(fieldOf(paragraph, 'pre-depends')), ...dependencies(fieldOf(paragraph, 'depends'))],
    provides: dependencies(fieldOf(paragraph, 'provides')),
    licences: [],
    files: [],
  };
}

/** `Source: glibc (2.36-9)`: the version stands there only where it differs from the binary package's. */
function parseSource(
  field: string | undefined,
  name: string,
  version: string,
): Pick<SystemPackage, 'source' | 'sourceVersion'> {
  const match = /^(\S+)(?:\s+\(([^)]+)\))?/.exec(field ?? '');
  return { source: match?.[1] ?? name, sourceVersion: match?.[2] ?? version };
}

/** `libc6 (>= 2.36), a:any | b` gives `libc6`, `a|b`. */
function dependencies(field: string | undefined): string[] {
  if (field === undefined) return [];
  const groups = field.split(',').map((group) =>
    group
      .split('|')
      .map((one) => /^\s*([^\s(:[]+)/.exec(one)?.[1] ?? '')
      .filter((one) => one !== '')
      .join('|'),
  );
  return groups.filter((group) => group !== '');
}
