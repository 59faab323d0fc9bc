/**
 * The gemspec RubyGems writes beside an installed gem (rubygems, Gem::Specification#to_ruby): Ruby code of one form, of
 * which the assignments are read. Nothing is run.
 */
import { toLicenceClaim, uniqueLicences } from '../../sbom/licence.ts';
import { CatalogError } from '../catalog-error.ts';
import type { LockedPackage } from '../locked-packages.ts';

const MAX_DEPENDENCIES = 2000;

/** Throws a CatalogError (UNEXPECTED_SHAPE) without a name and a version. */
export function parseGemspec(text: string): LockedPackage {
  // The stub line is what RubyGems itself reads first: `# stub: nokogiri 1.15.4 x86_64-linux lib`.
  const stub = /^# stub: (\S+) (\S+) /m.exec(text);
  const name = stub?.[1] ?? assigned(text, 'name');
  const version = stub?.[2] ?? assigned(text, 'version');
  if (name === undefined || version === undefined || !/^[A-Za-z0-9._-]+$/.test(name) || !/^\d[\w.-]*$/.test(version))
    throw new CatalogError('UNEXPECTED_SHAPE', 'a gemspec without a name and a version as RubyGems writes them');
  const licences = /^\s*\w+\.licenses = \[([^\]\n]*)\]/m.exec(text)?.[1] ?? '';
  const claims = [...licences.matchAll(/"([^"]+)"/g)].map(([, one]) => toLicenceClaim(one ?? ''));
  // RubyGems up to 3.3 repeats all of them, those for development too, as plain ones, for versions of itself before 1.2.
  const [own = ''] = text.split(/^\s*else\s*$/m, 1);
  const requires = [...own.matchAll(/^\s*\w+\.add_(?:runtime_)?dependency\(%q<([^>\s]+)>/gm)]
    .slice(0, MAX_DEPENDENCIES)
    .map(([, one]) => one ?? '');
  return {
    key: name,
    name,
    version,
    requires: [...new Set(requires)],
    licences: uniqueLicences(claims.filter((claim) => claim !== undefined)),
  };
}

function assigned(text: string, field: 'name' | 'version'): string | undefined {
  const pattern =
    field === 'name' ? /^\s*\w+\.name = "([^"]+)"/m : /^\s*\w+\.version = (?:Gem::Version\.new\()?"([^"]+)"/m;
  return pattern.exec(text)?.[1];
}
