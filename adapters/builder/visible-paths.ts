import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** Programs, libraries and settings of a Linux system; not its homes, temporary folders, sockets and data. */
const SYSTEM = [
  ...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc', '/opt', '/nix/store'],
  '/var/lib/ca-certificates',
];
/** Never as a whole, whatever lies in them. */
const TOO_WIDE = new Set(['/', '/home', '/root', '/tmp', '/var', '/run', '/srv', '/mnt', '/media', '/var/tmp']);

/**
 * What a recipe gets to see of the machine, read-only: the system, and `needed` (folders of its PATH, files its environment
 * names). Of `<prefix>/bin` the whole prefix, where the tools' own files are, unless that is somebody's home. Sorted, so that a
 * folder comes before what lies in it; what lies in another is left out, links apart.
 */
export async function visiblePaths(needed: readonly string[], home: string): Promise<string[]> {
  const found = new Set<string>();
  // Often a link into a folder that is out of sight.
  found.add(await realpath('/etc/resolv.conf').catch(() => '/etc/resolv.conf'));
  for (const one of needed) {
    if (!path.isAbsolute(one)) continue;
    const real = await realpath(one).catch(() => undefined);
    if (real === undefined) continue;
    for (const place of new Set([path.normalize(one), real]))
      for (const wide of [prefixOf(place, home), place])
        if (!isTooWide(wide, home)) {
          found.add(wide);
          break;
        }
  }
  const wanted = [...new Set([...SYSTEM, ...found])].sort();
  const present = await Promise.all(wanted.map(async (one) => ((await stat(one).catch(() => undefined)) ? one : '')));
  const kept: string[] = [];
  for (const one of present) if (one !== '' && !kept.some((above) => one.startsWith(`${above}/`))) kept.push(one);
  return kept;
}

/** `/opt/node/bin` → `/opt/node`; `app/node_modules/.bin` → `app/node_modules`. */
function prefixOf(folder: string, home: string): string {
  const parent = path.dirname(folder);
  return /^\.?s?bin$/.test(path.basename(folder)) && !isTooWide(parent, home) ? parent : folder;
}

function isTooWide(folder: string, home: string): boolean {
  return TOO_WIDE.has(folder) || folder === home || home.startsWith(`${folder}/`);
}
