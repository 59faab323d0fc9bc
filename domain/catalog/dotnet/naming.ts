import type { PackageNaming } from '../locked-packages.ts';

export const nugetNaming: PackageNaming = {
  ecosystem: 'NuGet',
  purl: (name) => ({ type: 'nuget', name }),
};
