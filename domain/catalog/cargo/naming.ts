import type { PackageNaming } from '../locked-packages.ts';

export const cratesNaming: PackageNaming = {
  ecosystem: 'crates.io',
  purl: (name) => ({ type: 'cargo', name }),
};
