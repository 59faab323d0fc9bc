/** What a .NET project asks for, with versions and properties that folders above it set for all projects. */
import type { FoundComponent } from '../layer-findings.ts';
import { type LockedPackage, lockedComponents } from '../locked-packages.ts';
import type { DotnetProject } from '../manifest.ts';
import { nugetNaming } from './naming.ts';

const MAX_EXPANSIONS = 8;
const MAX_VALUE_LENGTH = 512;

/** All projects and properties of a tree, by path. */
export type DotnetTree = ReadonlyMap<string, DotnetProject>;

/** A version that floats, is a range, or is set nowhere in the tree stays empty. */
export function resolveProject(path: string, tree: DotnetTree): FoundComponent[] {
  const project = tree.get(path);
  if (project === undefined || path.endsWith('.props')) return [];
  const build = nearest(path, 'Directory.Build.props', tree);
  const central = nearest(path, 'Directory.Packages.props', tree);
  const layers = [build, central, project].filter((one) => one !== undefined);
  const properties = new Map(layers.flatMap((one) => one.properties.map(([name, text]) => [name.toLowerCase(), text])));
  const expand = (text: string): string => expandProperties(text, properties);
  const versions = new Map((central?.central ?? []).map(([name, version]) => [name.toLowerCase(), version]));
  const packages = new Map<string, LockedPackage>();
  const take = (
    { name, version, isDevelopment }: DotnetProject['references'][number],
    isSet: (name: string) => boolean,
  ) => {
    const lower = expand(name).toLowerCase();
    if (lower.includes('$(') || isSet(lower)) return;
    const found = pinned(expand(version ?? versions.get(lower) ?? ''));
    const key = `${lower}@${found}`;
    if (packages.has(key)) return;
    packages.set(key, {
      key,
      name: expand(name),
      version: found,
      requires: [],
      scope: isDevelopment === true ? 'development' : 'runtime',
    });
  };
  // What is nearer to the project counts; within one file, whatever a condition may choose.
  for (const { references } of layers.toReversed()) {
    const before = new Set([...packages.values()].map(({ name }) => name.toLowerCase()));
    const withVersion = new Set(
      references.filter(({ version }) => version !== undefined).map(({ name }) => expand(name).toLowerCase()),
    );
    // `Include` here and `Update`, with the version, there: one reference.
    for (const reference of references)
      take(reference, (name) => before.has(name) || (reference.version === undefined && withVersion.has(name)));
  }
  return lockedComponents([...packages.values()], nugetNaming, 'dotnet-project');
}

/** From the folder of the project upwards: the first one counts, the others only where it imports them. */
function nearest(path: string, name: string, tree: DotnetTree): DotnetProject | undefined {
  const folders = path.split('/').slice(0, -1);
  for (let depth = folders.length; depth >= 0; depth -= 1) {
    const found = tree.get([...folders.slice(0, depth), name].join('/'));
    if (found !== undefined) return found;
  }
  return undefined;
}

function expandProperties(text: string, properties: ReadonlyMap<string, string>): string {
  let expanded = text;
  for (let round = 0; round < MAX_EXPANSIONS && expanded.includes('$('); round += 1) {
    const next = expanded.replaceAll(
      /\$\(([^$()]+)\)/g,
      (whole, name: string) => properties.get(name.toLowerCase()) ?? whole,
    );
    if (next === expanded || next.length > MAX_VALUE_LENGTH) break;
    expanded = next;
  }
  return expanded;
}

/** A plain version is the lowest one NuGet may take, and the one it does take where it exists. */
function pinned(version: string): string {
  const exact = /^\[([^,\]]+)\]$/.exec(version.trim())?.[1] ?? version.trim();
  return /[[\](),*]|\$\(/.test(exact) ? '' : exact;
}
