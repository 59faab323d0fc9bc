import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeJson } from '../decode-text.ts';
import { base64Hash } from '../file-hash.ts';
import { type LockedPackage, lockedComponents } from '../locked-packages.ts';
import { entriesOf, type Fields, fieldsOf, namesOf, requireFields, textOf } from '../read-fields.ts';
import { nugetNaming } from './naming.ts';

/**
 * Packages and runtimes a .NET application was published with, from its `<name>.deps.json`
 * (https://github.com/dotnet/cli/blob/rel/1.0.0/Documentation/specs/runtime-configuration-file.md).
 */
export const dotnetDepsCataloger: FileCataloger = {
  kind: 'file',
  name: 'dotnet-deps',
  maxBytes: 32 * MEBIBYTE,
  wants: (path) => path.endsWith('.deps.json'),
  catalog(_path, bytes) {
    const packages = parseDeps(decodeJson(bytes));
    const components = lockedComponents(packages, nugetNaming, 'dotnet-deps').map(
      ({ declared: _declared, ...component }) => component,
    );
    return { kind: 'components', components };
  },
};

/** The application's own projects are no packages. Keys are `Name/Version`. */
function parseDeps(json: unknown): LockedPackage[] {
  const file = requireFields(json, 'the deps.json');
  const target = fieldsOf(fieldsOf(file.targets)[textOf(fieldsOf(file.runtimeTarget).name) ?? '']);
  return entriesOf(file.libraries).flatMap(([key, value]) => toPackage(key, fieldsOf(value), fieldsOf(target[key])));
}

function toPackage(key: string, library: Fields, entry: Fields): LockedPackage[] {
  const slash = key.lastIndexOf('/');
  const isPackage = library.type === 'package' || library.type === 'runtimepack';
  if (!isPackage || slash < 1 || slash === key.length - 1) return [];
  const dependencies = fieldsOf(entry.dependencies);
  return [
    {
      key,
      name: key.slice(0, slash).replace(/^runtimepack\./, ''),
      version: key.slice(slash + 1),
      requires: namesOf(dependencies).map((name) => `${name}/${textOf(dependencies[name]) ?? ''}`),
      hashes: base64Hash('SHA-512', textOf(library.sha512)?.replace(/^sha512-/, '')),
    },
  ];
}
