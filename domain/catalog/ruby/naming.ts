import type { PackageNaming } from '../locked-packages.ts';

export const gemNaming: PackageNaming = {
  ecosystem: 'RubyGems',
  purl: (name) => ({ type: 'gem', name }),
};
