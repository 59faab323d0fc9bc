/** Layers' findings to one stock: the files that are left, in the context of the operating system they belong to. */
import type { Digest } from '../artifact/digest.ts';
import type { Stock, Unreadable } from '../sbom/component.ts';
import { joinSpellings } from './dotnet/join-spellings.ts';
import { type EffectiveFile, effectiveFiles } from './effective-files.ts';
import type { FileFacts, FoundComponent, LayerFindings, PackageManager, SystemPackage } from './layer-findings.ts';
import type { Manifest } from './manifest.ts';
import { mergeComponents, type PlacedComponent } from './merge-components.ts';
import { joinInstalled } from './npm/join-installed.ts';
import { isOptionalFile } from './optional-files.ts';
import { resolveManifests } from './resolve-manifests.ts';
import { resolveRequires } from './resolve-requires.ts';
import { withSharedIndexes } from './shared-indexes.ts';
import { ownerOf, recordPackage, type SystemContext, systemContext } from './system/context.ts';
import { systemIdentity, toSystemComponent } from './system/package.ts';
import { withoutVendored } from './vendored.ts';

export interface ComposeOptions {
  /** Put before every path: `/` for an image, nothing for a directory. */
  readonly root: string;
  /** Found wrong outside of any layer: a foreign layer, a configuration that can not be read. */
  readonly unreadable?: readonly Unreadable[];
}

/** `layers` from the base up. The stock is complete only if nothing at all went unread. */
export function composeStock(layers: readonly LayerFindings[], options: ComposeOptions): Stock {
  const files = withoutVendored(effectiveFiles(layers));
  const context = systemContext(files);
  const { root } = options;
  // Packages of the system first: they say whose the other files are.
  const placed: PlacedComponent[] = [...files.values()].flatMap(({ facts, ...file }) =>
    facts.kind === 'system-packages' ? systemPlaced(file, facts, context, root) : [],
  );
  const unreadable: Unreadable[] = [...(options.unreadable ?? []), ...layerFailures(layers)];
  const manifests = resolveManifests(manifestsIn(files));
  const indexed = withSharedIndexes(files);
  for (const file of files.values()) {
    placed.push(
      ...placedIn(file, manifests.get(file.path) ?? indexed.get(file.path) ?? componentsIn(file), context, root),
    );
    unreadable.push(...unreadableIn(file, files, root));
  }
  const details = [...files.values()].flatMap((file) => notesIn(file, root));
  const notes = [...layerNotes(layers, root), ...details].toSorted(byPlace);
  const joined = joinSpellings(joinInstalled(placed));
  const requires = resolveRequires(joined, context.provides);
  return {
    components: mergeComponents(joined, requires),
    unreadable: unreadable.toSorted(byPlace),
    ...(notes.length === 0 ? {} : { notes }),
    ...(context.system === undefined ? {} : { operatingSystem: context.system }),
    complete: unreadable.length === 0,
  };
}

function byPlace(a: Unreadable, b: Unreadable): number {
  return compare(a.path, b.path) || compare(a.reason, b.reason);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function layerFailures(layers: readonly LayerFindings[]): Unreadable[] {
  return layers.flatMap((layer) =>
    layer.failure === undefined
      ? []
      : [{ path: '/', ...(layer.diffId === undefined ? {} : { layer: layer.diffId }), reason: layer.failure.reason }],
  );
}

function layerNotes(layers: readonly LayerFindings[], root: string): Unreadable[] {
  return layers.flatMap(({ notes = [], diffId }) =>
    notes.map(({ path, reason }) => ({
      path: root + path,
      ...(diffId === undefined ? {} : { layer: diffId }),
      reason,
    })),
  );
}

function componentsIn({ facts }: EffectiveFile): readonly FoundComponent[] {
  return facts.kind === 'components' ? facts.components : [];
}

function manifestsIn(files: ReadonlyMap<string, EffectiveFile>): Map<string, Manifest> {
  return new Map(
    [...files.values()].flatMap(({ path, facts }) =>
      facts.kind === 'manifest' ? [[path, facts.manifest] as const] : [],
    ),
  );
}

function placedIn(
  file: EffectiveFile,
  components: readonly FoundComponent[],
  context: SystemContext,
  root: string,
): PlacedComponent[] {
  const path = root + file.path;
  const ownedBy = ownerOf(context, file.path);
  return components.flatMap((component) => {
    // A guess at a program is worth nothing where its package is known.
    if (ownedBy !== undefined && component.foundBy === 'known-binary') return [];
    const location = {
      path: component.inside === undefined ? path : `${path}!/${component.inside}`,
      ...(file.layer === undefined ? {} : { layer: file.layer }),
    };
    return [{ component, file: file.path, location, ...(ownedBy === undefined ? {} : { ownedBy }) }];
  });
}

/** The database is rewritten by every layer that installs something: a package belongs to the layer that brought it. */
function systemPlaced(
  file: Omit<EffectiveFile, 'facts'>,
  { manager, packages }: { readonly manager: PackageManager; readonly packages: readonly SystemPackage[] },
  context: SystemContext,
  root: string,
): PlacedComponent[] {
  const earlier = file.earlier.map(({ facts, layer }) => ({ identities: identitiesIn(facts), layer }));
  return packages.map((found) => {
    const licences = manager === 'dpkg' ? (context.licences.get(found.name) ?? []) : found.licences;
    const component = toSystemComponent(found, manager, context.system, licences);
    recordPackage(context, found, component.purl, manager);
    let layer: Digest | undefined = file.layer;
    for (const version of earlier) {
      if (!version.identities.has(systemIdentity(found))) break;
      layer = version.layer;
    }
    const path = root + file.path;
    return { component, file: file.path, location: { path, ...(layer === undefined ? {} : { layer }) } };
  });
}

function identitiesIn(facts: FileFacts): ReadonlySet<string> {
  return new Set(facts.kind === 'system-packages' ? facts.packages.map((found) => systemIdentity(found)) : []);
}

/** What could not be read of a file that no component is found in. */
function notesIn({ facts, path, layer }: EffectiveFile, root: string): Unreadable[] {
  if (facts.kind !== 'unreadable' || !isOptionalFile(path)) return [];
  return [{ path: root + path, ...(layer === undefined ? {} : { layer }), reason: facts.reason }];
}

/** As many links as Linux follows (path_resolution(7)): more lead round in a circle. */
const MAX_LINKS = 40;

function leadsToFile(files: ReadonlyMap<string, EffectiveFile>, target: string): boolean {
  let path = target;
  for (let followed = 0; followed < MAX_LINKS; followed += 1) {
    const facts = files.get(path)?.facts;
    if (facts?.kind !== 'link') return facts !== undefined;
    path = facts.target;
  }
  return false;
}

function unreadableIn(file: EffectiveFile, files: ReadonlyMap<string, EffectiveFile>, root: string): Unreadable[] {
  const { facts } = file;
  if (isOptionalFile(file.path)) return [];
  const place = { path: root + file.path, ...(file.layer === undefined ? {} : { layer: file.layer }) };
  switch (facts.kind) {
    case 'unreadable':
      return [{ ...place, reason: facts.reason }];
    case 'link':
      // What a link points at was catalogued in its own place, if any cataloger wants it there.
      return leadsToFile(files, facts.target)
        ? []
        : [{ ...place, reason: `a link to ${root}${facts.target}, which was not read` }];
    case 'components':
      return [
        ...(facts.unreadable ?? []).map(({ inside, reason }) => ({
          ...place,
          path: inside === undefined ? place.path : `${place.path}!/${inside}`,
          reason,
        })),
        ...(facts.names ?? [])
          .filter((named) => !files.has(named))
          .map((named) => ({
            ...place,
            reason: `takes in ${named.includes('://') ? '' : root}${named}, which was not read`,
          })),
      ];
    case 'system-packages':
    case 'owned-files':
    case 'dpkg-licences':
    case 'operating-system':
    case 'manifest':
    case 'vendored':
      return [];
  }
}
