/**
 * The place that npm's lockfile gives a package which is from no registry. Its own package.json there has a name and a version, and
 * not where it is from: one folder would be two components.
 */
import { createPurl, parsePurl } from '../../sbom/purl.ts';
import type { PlacedComponent } from '../merge-components.ts';
import { renamePurls } from '../rename-purls.ts';

const HIDDEN_LOCKFILE = /node_modules\/\.package-lock\.json$/;

/**
 * What lies at a place of a lockfile is what the lockfile says, with the version of its own package.json. The hidden lockfile comes
 * first: it is of what is installed, the other one may be ahead of it.
 */
export function joinInstalled(placed: PlacedComponent[]): PlacedComponent[] {
  const entries = placed.filter(({ component }) => component.place !== undefined);
  if (entries.length === 0) return placed;
  const installed = new Map(
    placed.filter(({ component }) => component.foundBy === 'node-modules').map((one) => [one.file, one]),
  );
  const joined = new Map<PlacedComponent, PlacedComponent>();
  const renames = new Map<string, string>();
  for (const entry of [...entries.filter(isHidden), ...entries.filter((one) => !isHidden(one))]) {
    const there = installed.get(`${folderOf(entry.file)}${entry.component.place}/package.json`);
    if (there === undefined || !isOf(entry.component, there.component)) continue;
    const { name, version, advisoryName, advisoryVersion } = there.component;
    const purl = createPurl({
      ...parsePurl(there.component.purl),
      qualifiers: parsePurl(entry.component.purl).qualifiers ?? {},
    });
    const before = joined.get(there)?.component.purl;
    if (before !== undefined && before !== purl) continue;
    joined.set(there, { ...there, component: { ...there.component, purl } });
    joined.set(entry, { ...entry, component: { ...entry.component, name, version, advisoryName, advisoryVersion } });
    renames.set(entry.component.purl, purl);
  }
  return renamePurls(
    placed.map((one) => joined.get(one) ?? one),
    renames,
  );
}

function isHidden({ file }: PlacedComponent): boolean {
  return HIDDEN_LOCKFILE.test(file);
}

/** That the places of a lockfile begin at, with its slash. */
function folderOf(lockfile: string): string {
  return lockfile.replace(HIDDEN_LOCKFILE, '').replace(/[^/]*$/, '');
}

/** Version 1 has neither the version nor, of an alias, the name of what is from no registry. */
function isOf(listed: PlacedComponent['component'], there: PlacedComponent['component']): boolean {
  const isUntold = /^(?:[0-9a-f]{7,40})?$/.test(listed.version);
  return isUntold || (listed.name === there.name && listed.version === there.version);
}
