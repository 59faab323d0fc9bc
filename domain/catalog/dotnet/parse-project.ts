/** *.csproj and its like, Directory.Packages.props, Directory.Build.props (https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files). */
import { CatalogError } from '../catalog-error.ts';
import { childrenNamed, childText, type XmlElement } from '../decode-xml.ts';
import type { DotnetProject } from '../manifest.ts';

/** Conditions are not evaluated: what may count is named. Throws a CatalogError where it is no project. */
export function parseProject(root: XmlElement): DotnetProject {
  if (root.name !== 'Project') throw new CatalogError('UNEXPECTED_SHAPE', 'no project of MSBuild');
  const parts = [root, ...branches(root)];
  const items = parts.flatMap((part) => childrenNamed(part, 'ItemGroup')).flatMap(({ children }) => children);
  return {
    format: 'dotnet-project',
    properties: parts
      .flatMap((part) => childrenNamed(part, 'PropertyGroup'))
      .flatMap(({ children }) => children.map(({ name, text }): [string, string] => [name, text])),
    references: items
      .filter(({ name }) => name === 'PackageReference' || name === 'GlobalPackageReference')
      .flatMap((item) => names(item).map((name) => toReference(name, item))),
    central: items
      .filter(({ name }) => name === 'PackageVersion' || name === 'GlobalPackageReference')
      .flatMap((item) => names(item).map((name): [string, string] => [name, value(item, 'Version') ?? ''])),
  };
}

/** Of `Choose`: each `When` and `Otherwise`, and those inside of them. */
function branches(parent: XmlElement): XmlElement[] {
  const found = childrenNamed(parent, 'Choose').flatMap((choice) => [
    ...childrenNamed(choice, 'When'),
    ...childrenNamed(choice, 'Otherwise'),
  ]);
  return found.flatMap((branch) => [branch, ...branches(branch)]);
}

/** `Include`, or `Update` of one included elsewhere; several apart by semicolons. */
function names({ attributes }: XmlElement): string[] {
  return (attributes.get('Include') ?? attributes.get('Update') ?? '')
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function value(item: XmlElement, name: string): string | undefined {
  return item.attributes.get(name) ?? childText(item, name);
}

function toReference(name: string, item: XmlElement): DotnetProject['references'][number] {
  const version = value(item, 'VersionOverride') ?? value(item, 'Version');
  const isDevelopment = /\ball\b/i.test(value(item, 'PrivateAssets') ?? '') || item.name === 'GlobalPackageReference';
  return {
    name,
    ...(version === undefined ? {} : { version }),
    ...(isDevelopment ? { isDevelopment: true as const } : {}),
  };
}
