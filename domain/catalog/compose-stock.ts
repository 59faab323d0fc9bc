/** Layers' findings to one stock: the files that are left, in the context of the operating system they belong to. */
import type { Digest } from '../artifact/digest.ts';
import type { LicenceClaim, OperatingSystem, Stock, Unreadable } from '../sbom/component.ts';
import { catalogerFor } from './catalogers.ts';
import { dpkgIdentity, toDpkgComponent } from './dpkg/package.ts';
import { type EffectiveFile, effectiveFiles } from './effective-files.ts';
import type { DpkgPackage, FileFacts, LayerFindings } from './layer-findings.ts';
import { mergeComponents, type PlacedComponent } from './merge-components.ts';
import { osReleasePaths } from './os-release/cataloger.ts';
import { resolveRequires } from './resolve-requires.ts';

export interface ComposeOptions {
  /** Put before every path: `/` for an image, nothing for a directory. */
  readonly root: string;
  /** Found wrong outside of any layer: a foreign layer, a configuration that can not be read. */
  readonly unreadable?: readonly Unreadable[];
}

/** `layers` from the base up. The stock is complete only if nothing at all went unread. */
export function composeStock(layers: readonly LayerFindings[], options: ComposeOptions): Stock {
  const files = effectiveFiles(layers);
  const system = operatingSystemOf(files);
  const licences = dpkgLicences(files);
  const placed: PlacedComponent[] = [];
  const provides = new Map<string, string>();
  const unreadable: Unreadable[] = [...(options.unreadable ?? []), ...layerFailures(layers)];
  for (const file of files.values()) {
    placed.push(...placedIn(file, { root: options.root, system, licences, provides }));
    unreadable.push(...unreadableIn(file, files, options.root));
  }
  const requires = resolveRequires(placed, provides);
  return {
    components: mergeComponents(placed, requires),
    unreadable: unreadable.toSorted((a, b) => compare(a.path, b.path) || compare(a.reason, b.reason)),
    ...(system === undefined ? {} : { operatingSystem: system }),
    complete: unreadable.length === 0,
  };
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

function operatingSystemOf(files: ReadonlyMap<string, EffectiveFile>): OperatingSystem | undefined {
  for (const path of osReleasePaths) {
    const facts = files.get(path)?.facts;
    if (facts?.kind === 'operating-system') {
      const { id, versionId, name } = facts.operatingSystem;
      return { id, ...(versionId === undefined ? {} : { versionId }), ...(name === undefined ? {} : { name }) };
    }
  }
  return undefined;
}

function dpkgLicences(files: ReadonlyMap<string, EffectiveFile>): Map<string, readonly LicenceClaim[]> {
  const licences = new Map<string, readonly LicenceClaim[]>();
  for (const { facts } of files.values())
    if (facts.kind === 'dpkg-licences') licences.set(facts.package, facts.licences);
  return licences;
}

interface Context {
  readonly root: string;
  readonly system: OperatingSystem | undefined;
  readonly licences: ReadonlyMap<string, readonly LicenceClaim[]>;
  /** Filled here: virtual Debian package to the purl of one that provides it. */
  readonly provides: Map<string, string>;
}

function placedIn(file: EffectiveFile, context: Context): PlacedComponent[] {
  const { facts } = file;
  const path = context.root + file.path;
  switch (facts.kind) {
    case 'components':
      return facts.components.map((component) => ({
        component,
        file: file.path,
        location: {
          path: component.inside === undefined ? path : `${path}!/${component.inside}`,
          ...(file.layer === undefined ? {} : { layer: file.layer }),
        },
      }));
    case 'dpkg-packages':
      return dpkgPlaced(file, facts.packages, context);
    case 'dpkg-licences':
    case 'operating-system':
    case 'link':
    case 'unreadable':
      return [];
  }
}

/** The database is rewritten by every layer that installs something: a package belongs to the layer that brought it. */
function dpkgPlaced(file: EffectiveFile, packages: readonly DpkgPackage[], context: Context): PlacedComponent[] {
  const earlier = file.earlier.map(({ facts, layer }) => ({ identities: identitiesIn(facts), layer }));
  return packages.map((found) => {
    const component = toDpkgComponent(found, context.system, context.licences.get(found.name) ?? []);
    for (const virtual of found.provides) context.provides.set(virtual, component.purl);
    let layer: Digest | undefined = file.layer;
    for (const version of earlier) {
      if (!version.identities.has(dpkgIdentity(found))) break;
      layer = version.layer;
    }
    const path = context.root + file.path;
    return { component, file: file.path, location: { path, ...(layer === undefined ? {} : { layer }) } };
  });
}

function identitiesIn(facts: FileFacts): ReadonlySet<string> {
  return new Set(facts.kind === 'dpkg-packages' ? facts.packages.map((found) => dpkgIdentity(found)) : []);
}

function unreadableIn(file: EffectiveFile, files: ReadonlyMap<string, EffectiveFile>, root: string): Unreadable[] {
  const { facts } = file;
  if (catalogerFor(file.path)?.isOptional === true) return [];
  const place = { path: root + file.path, ...(file.layer === undefined ? {} : { layer: file.layer }) };
  switch (facts.kind) {
    case 'unreadable':
      return [{ ...place, reason: facts.reason }];
    case 'link':
      // What a link points at was catalogued in its own place, if any cataloger wants it there.
      return files.has(facts.target)
        ? []
        : [{ ...place, reason: `a link to ${root}${facts.target}, which was not read` }];
    case 'components':
      return (facts.unreadable ?? []).map(({ inside, reason }) => ({
        ...place,
        path: `${place.path}!/${inside}`,
        reason,
      }));
    case 'dpkg-packages':
    case 'dpkg-licences':
    case 'operating-system':
      return [];
  }
}
