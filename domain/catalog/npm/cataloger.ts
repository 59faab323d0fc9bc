import type { AskedRange } from '../../sbom/component.ts';
import { toLicenceClaim } from '../../sbom/licence.ts';
import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeJson } from '../decode-text.ts';
import type { FileFacts } from '../layer-findings.ts';
import { npmPurl, toNpmComponent } from './package.ts';
import { parseIntegrity } from './parse-integrity.ts';
import { parsePackageJson } from './parse-package-json.ts';
import { parsePackageLock, type Requirements } from './parse-package-lock.ts';
import { resolvePlace } from './resolve-place.ts';

const INSTALLED = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^@./][^/]*\/package\.json$/;
const LOCKFILE = /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json)$/;
const HIDDEN_LOCKFILE = /(?:^|\/)node_modules\/\.package-lock\.json$/;

/** Packages installed in a node_modules folder. */
export const nodeModulesCataloger: FileCataloger = {
  kind: 'file',
  name: 'node-modules',
  maxBytes: 8 * MEBIBYTE,
  wants: (path) => path.endsWith('/package.json') && INSTALLED.test(path),
  catalog: (_path, bytes) => installedPackage(bytes, 'node-modules'),
};

function installedPackage(bytes: Uint8Array, foundBy: 'node-modules' | 'npm-package'): FileFacts | undefined {
  const found = parsePackageJson(decodeJson(bytes));
  if (found === undefined) return undefined;
  return { kind: 'components', components: [toNpmComponent({ ...found, hashes: [], dependsOn: [], foundBy })] };
}

/** The file by which the archives that `npm pack` makes, and registries have, say what they are. */
export const npmPackageCataloger: FileCataloger = {
  ...nodeModulesCataloger,
  name: 'npm-package',
  wants: (path) => path === 'package/package.json',
  catalog: (_path, bytes) => installedPackage(bytes, 'npm-package'),
};

/** Packages a lockfile pins. Lockfiles inside an installed package say what its authors used, not what is here. */
export const npmLockfileCataloger: FileCataloger = {
  kind: 'file',
  name: 'npm-lockfile',
  maxBytes: 32 * MEBIBYTE,
  wants: (path) => HIDDEN_LOCKFILE.test(path) || (LOCKFILE.test(path) && !/(?:^|\/)node_modules\//.test(path)),
  catalog(_path, bytes) {
    const { entries, projects } = parsePackageLock(decodeJson(bytes));
    const byPlace = new Map(entries.map((entry) => [entry.place, npmPurl(entry)]));
    const asked = new Map<string, AskedRange[]>();
    /** Where what is asked for at a place lies; who asks, and for which versions, is kept beside it. */
    const follow = (from: string, requires: Requirements, by?: string) =>
      [...requires].flatMap(([name, range]) => {
        const place = resolvePlace(from, name, (one) => byPlace.has(one));
        if (place === undefined) return [];
        const known = asked.get(place) ?? [];
        known.push(by === undefined ? { range } : { by, range });
        asked.set(place, known);
        return [place];
      });
    for (const { place, requires } of projects) follow(place, requires);
    const reached = entries.map(({ place, requires }) => follow(place, requires, byPlace.get(place)));
    const components = entries.map(({ place, ...entry }, index) => {
      const isElsewhere = entry.vcsUrl !== undefined || entry.downloadUrl !== undefined;
      const licence = entry.licence === undefined ? undefined : toLicenceClaim(entry.licence);
      return toNpmComponent({
        ...entry,
        licences: licence === undefined ? [] : [licence],
        hashes: parseIntegrity(entry.integrity ?? ''),
        dependsOn: [...new Set((reached[index] ?? []).flatMap((place) => byPlace.get(place) ?? []))],
        askedFor: asked.get(place),
        requires: [],
        ...(isElsewhere ? { place } : {}),
        foundBy: 'npm-lockfile',
      });
    });
    return { kind: 'components', components };
  },
};
