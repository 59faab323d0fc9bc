import type { Ecosystem } from '../../sbom/component.ts';
import { popularActions } from './actions.ts';
import { popularCrates } from './crates.ts';
import { popularGems } from './gems.ts';
import { popularNpm } from './npm.ts';
import { popularNuget } from './nuget.ts';
import { popularPackagist } from './packagist.ts';
import { popularPypi } from './pypi.ts';

/** Names that are worth imitating, by ecosystem, apart by spaces. Adding an ecosystem is adding a file and a line here. */
export const popularNames: Readonly<Partial<Record<Ecosystem, string>>> = {
  npm: popularNpm,
  PyPI: popularPypi,
  'crates.io': popularCrates,
  RubyGems: popularGems,
  NuGet: popularNuget,
  Packagist: popularPackagist,
  'GitHub Actions': popularActions,
};
