/** pom.xml (https://maven.apache.org/pom.html), as one file says it: parents and properties are put together later. */
import { CatalogError } from '../catalog-error.ts';
import { childNamed, childrenNamed, childText, type XmlElement } from '../decode-xml.ts';
import type { MavenDependency, MavenPom } from '../manifest.ts';

/**
 * Of profiles those that are active by default, which come before the pom itself, the last of them first; the others count
 * only where somebody asks for them, or on some machines. Throws a CatalogError where it is no project.
 */
export function parsePom(root: XmlElement): MavenPom {
  const artifactId = childText(root, 'artifactId');
  if (root.name !== 'project' || artifactId === undefined)
    throw new CatalogError('UNEXPECTED_SHAPE', 'no Maven project');
  const parent = childNamed(root, 'parent');
  const profiles = childrenNamed(childNamed(root, 'profiles'), 'profile').filter(isActiveByDefault);
  const parts = [...profiles.toReversed(), root];
  return {
    format: 'maven-pom',
    artifactId,
    ...optional('groupId', childText(root, 'groupId')),
    ...optional('version', childText(root, 'version')),
    ...(parent === undefined
      ? {}
      : {
          parent: {
            groupId: childText(parent, 'groupId') ?? '',
            artifactId: childText(parent, 'artifactId') ?? '',
            version: childText(parent, 'version') ?? '',
            // An empty relativePath says that the parent is not in this tree.
            relativePath: childNamed(parent, 'relativePath')?.text ?? '../pom.xml',
          },
        }),
    // Of properties the last one counts, of dependencies the first.
    properties: parts
      .toReversed()
      .flatMap((part) => childNamed(part, 'properties')?.children ?? [])
      .map(({ name, text }) => [name, text]),
    managed: parts.flatMap((part) => dependenciesIn(childNamed(part, 'dependencyManagement'))),
    dependencies: parts.flatMap(dependenciesIn),
  };
}

/** https://maven.apache.org/pom.html#activation. */
function isActiveByDefault(profile: XmlElement): boolean {
  return childText(childNamed(profile, 'activation'), 'activeByDefault')?.toLowerCase() === 'true';
}

function dependenciesIn(parent: XmlElement | undefined): MavenDependency[] {
  return childrenNamed(childNamed(parent, 'dependencies'), 'dependency').map((one) => ({
    groupId: childText(one, 'groupId') ?? '',
    artifactId: childText(one, 'artifactId') ?? '',
    ...optional('version', childText(one, 'version')),
    ...optional('type', childText(one, 'type')),
    ...optional('classifier', childText(one, 'classifier')),
    ...optional('scope', childText(one, 'scope')),
    ...(childText(one, 'optional') === 'true' ? { optional: true as const } : {}),
  }));
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}
