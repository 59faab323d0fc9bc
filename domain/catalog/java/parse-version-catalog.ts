/** libs.versions.toml (https://docs.gradle.org/current/userguide/version_catalogs.html): libraries and plugins a build may use. */
import type { LockedPackage } from '../locked-packages.ts';
import { entriesOf, type Fields, fieldsOf, textOf } from '../read-fields.ts';
import { pinnedVersion } from './naming.ts';

export function parseVersionCatalog(catalog: Fields): LockedPackage[] {
  const versions = new Map(entriesOf(catalog.versions).map(([name, value]) => [name, richVersion(value)]));
  const versionOf = (value: unknown): string | undefined => {
    const reference = textOf(fieldsOf(value).ref);
    return reference === undefined ? richVersion(value) : versions.get(reference);
  };
  const libraries = entriesOf(catalog.libraries).map(([, value]) => {
    const short = textOf(value)?.split(':');
    const entry = fieldsOf(value);
    const module = textOf(entry.module) ?? `${textOf(entry.group) ?? ''}:${textOf(entry.name) ?? ''}`;
    return short === undefined
      ? { name: module, version: versionOf(entry.version) }
      : { name: `${short[0]}:${short[1]}`, version: short[2] };
  });
  const plugins = entriesOf(catalog.plugins).map(([, value]) => {
    const short = textOf(value)?.split(':');
    const entry = fieldsOf(value);
    const id = short?.[0] ?? textOf(entry.id) ?? '';
    // How Gradle finds a plugin by its id in a Maven repository.
    return { name: `${id}:${id}.gradle.plugin`, version: short === undefined ? versionOf(entry.version) : short[1] };
  });
  return [...libraries, ...plugins].flatMap(({ name, version }, index) =>
    /^[^:]+:[^:]+$/.test(name) && !name.includes('undefined')
      ? [{ key: String(index), name, version: pinnedVersion(version), requires: [] }]
      : [],
  );
}

/** Text, or what a rich version insists on most. */
function richVersion(value: unknown): string | undefined {
  const rich = fieldsOf(value);
  return textOf(value) ?? textOf(rich.strictly) ?? textOf(rich.require) ?? textOf(rich.prefer);
}
