/** What an SBOM lists, as components: one a purl, in canonical order. */
import { mergeComponents, type PlacedComponent } from '../../domain/catalog/merge-components.ts';
import type { Component, FileHash, LicenceClaim, Location } from '../../domain/sbom/component.ts';
import { fromPurl } from '../../domain/sbom/from-purl.ts';
import { createPurl } from '../../domain/sbom/purl.ts';

/** One entry of a document. What is absent is told by the purl. */
export interface ListedComponent {
  /** The document's own id, which its dependencies name. */
  readonly reference: string;
  readonly purl: string | undefined;
  readonly name: string;
  readonly version: string;
  readonly licences: readonly LicenceClaim[];
  readonly hashes: readonly FileHash[];
  readonly supplier: string | undefined;
  readonly scope: Component['scope'];
  readonly locations: readonly Location[];
  readonly facts: Partial<
    Pick<Component, 'ecosystem' | 'advisoryName' | 'advisoryVersion' | 'release' | 'foundBy' | 'confidence' | 'ownedBy'>
  >;
}

/** `edges` lead from reference to reference; those to nothing in the list are dropped. */
export function toComponents(
  listed: readonly ListedComponent[],
  edges: readonly { readonly from: string; readonly to: string }[],
): Component[] {
  const purls = new Map<string, string>();
  const placed = listed.flatMap((one) => {
    const found = place(one);
    purls.set(one.reference, found[0]?.component.purl ?? '');
    return found;
  });
  const byPurl = new Map<string, Set<string>>();
  for (const { from, to } of edges) {
    const [source, target] = [purls.get(from), purls.get(to)];
    if (source === undefined || target === undefined || source === target) continue;
    byPurl.set(source, (byPurl.get(source) ?? new Set()).add(target));
  }
  return mergeComponents(placed, byPurl);
}

/** Others split names into group and name, or leave the group to the purl, which tells what the ecosystem calls it. */
function fullName({ name, facts }: ListedComponent, told: string): string {
  if (facts.ecosystem !== undefined) return name;
  const last = name.slice(name.lastIndexOf('/') + 1);
  return told.endsWith(`/${last}`) || told.endsWith(`:${last}`) ? told : name;
}

/** A component without a (valid) purl is `generic`: listed, and matched with nothing. */
function place(one: ListedComponent): PlacedComponent[] {
  let { purl } = one;
  let told: ReturnType<typeof fromPurl> | undefined;
  try {
    told = purl === undefined ? undefined : fromPurl(purl);
  } catch {
    told = undefined;
  }
  if (told === undefined || purl === undefined) {
    purl = createPurl({ type: 'generic', name: one.name, version: one.version });
    told = {
      ecosystem: 'generic',
      advisoryName: one.name,
      advisoryVersion: one.version,
      name: one.name,
      version: one.version,
    };
  }
  const { ownedBy, ...facts } = one.facts;
  const component = {
    ...told,
    name: fullName(one, told.name),
    version: one.version || told.version,
    purl,
    licences: [...one.licences],
    hashes: [...one.hashes],
    ...(one.supplier === undefined ? {} : { supplier: one.supplier }),
    dependsOn: [],
    requires: [],
    scope: one.scope,
    foundBy: 'sbom',
    ...facts,
  };
  // A document need not say where a component was: then its own entry is the place.
  const locations = one.locations.length === 0 ? [{ path: one.reference }] : one.locations;
  return locations.map((location) => ({
    component,
    file: location.path,
    location,
    ...(ownedBy === undefined ? {} : { ownedBy }),
  }));
}
