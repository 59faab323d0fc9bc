/** What an SBOM lists, as components: one a purl, in canonical order. */
import type { FoundComponent } from '../../domain/catalog/layer-findings.ts';
import { mergePlaced } from '../../domain/catalog/merge-components.ts';
import { withoutCredentials } from '../../domain/catalog/public-address.ts';
import { publicComponent } from '../../domain/catalog/public-facts.ts';
import type { Component, FileHash, LicenceClaim, Location } from '../../domain/sbom/component.ts';
import { fromPurl, type SourcePackage } from '../../domain/sbom/from-purl.ts';
import { createPurl, parsePurl } from '../../domain/sbom/purl.ts';
import { PurlError } from '../../domain/sbom/purl-error.ts';
import type { ComponentFacts } from './component-facts.ts';
import { MAX_ENTRIES_OF_ONE } from './document-limits.ts';
import { createGrouping } from './group-by-key.ts';
import type { KeptBudget } from './kept-budget.ts';
import { createPackedList } from './packed-list.ts';
import { createReferenceEdges } from './reference-edges.ts';
import { SbomError } from './sbom-error.ts';

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
  readonly facts: ComponentFacts;
  /** Of a package of an operating system, where the document says it beside the purl. */
  readonly source?: SourcePackage | undefined;
}

export interface ComponentList {
  add(one: ListedComponent): void;
  /** From reference to reference; an edge to nothing in the list is dropped. Throws a SbomError beyond MAX_EDGES. */
  edge(from: string, to: string): void;
  /** Once, at the end: one component a purl, in canonical order. A long list is unpacked as it is looked at. */
  components(): readonly Component[];
}

/** One entry as it is kept: what was found, and where. */
interface KeptEntry {
  readonly component: FoundComponent;
  readonly locations: readonly Location[];
  readonly ownedBy?: string;
  /** Merging knows one address a finding and no platforms, a document several a component. */
  readonly lists?: ListFacts;
}

/** What a document lists, kept small: sorted, merged and resolved without a million objects at once. */
export function createComponentList(budget: KeptBudget): ComponentList {
  const entries = createGrouping<KeptEntry>(budget, MAX_ENTRIES_OF_ONE);
  const edges = createReferenceEdges(budget);
  return {
    add(one) {
      const kept = toKept(one);
      entries.add(kept.component.purl, kept);
      edges.know(one.reference, kept.component.purl);
    },
    edge: (from, to) => edges.add(from, to),
    components() {
      if (!entries.isLong())
        return Array.from(entries.groups(), ({ key, values }) => merge(values, edges.targetsOf(key)));
      const all = createPackedList<Component>(budget);
      for (const { key, values } of entries.groups()) all.add(JSON.stringify(merge(values, edges.targetsOf(key))));
      return all.seen();
    },
  };
}

function merge(entries: readonly KeptEntry[], dependsOn: readonly string[]): Component {
  const count = entries.reduce((sum, { locations }) => sum + locations.length, 0);
  if (count > MAX_ENTRIES_OF_ONE)
    throw new SbomError('SBOM_TOO_LARGE', `one component in more than ${MAX_ENTRIES_OF_ONE} places`);
  const placed = entries.flatMap(({ component, locations, ownedBy }) =>
    locations.map((location) => ({
      component,
      file: location.path,
      location,
      ...(ownedBy === undefined ? {} : { ownedBy }),
    })),
  );
  const merged = mergePlaced(placed, dependsOn);
  const lists = entries.flatMap((entry) => entry.lists ?? []);
  return lists.length === 0 ? merged : { ...merged, ...joinLists(lists) };
}

type ListFacts = Pick<Component, 'fetchedFrom' | 'platforms'>;

function joinLists(lists: readonly ListFacts[]): ListFacts {
  const fetchedFrom = [...new Set(lists.flatMap((one) => one.fetchedFrom ?? []))].toSorted();
  const platforms = [...new Set(lists.flatMap((one) => one.platforms ?? []))].toSorted();
  return {
    ...(fetchedFrom.length === 0 ? {} : { fetchedFrom }),
    ...(platforms.length === 0 ? {} : { platforms }),
  };
}

/** Others split names into group and name, or leave the group to the purl, which tells what the ecosystem calls it. */
function fullName({ name, facts }: ListedComponent, told: string): string {
  if (facts.ecosystem !== undefined) return name;
  const last = name.slice(name.lastIndexOf('/') + 1);
  return told.endsWith(`/${last}`) || told.endsWith(`:${last}`) ? told : name;
}

/** A component without a (valid) purl is `generic`: listed, and matched with nothing. */
function toKept(one: ListedComponent): KeptEntry {
  const { purl, told } = tellIdentity(one);
  const { ownedBy, fetchedFrom, platforms, ecosystem, advisoryName, advisoryVersion, release, ...facts } = one.facts;
  const { foundBy = 'sbom', confidence, listedAs, pin, checksum, installScript, bundled } = facts;
  const component: FoundComponent = {
    purl,
    ecosystem: ecosystem ?? told.ecosystem,
    advisoryName: advisoryName ?? told.advisoryName,
    name: fullName(one, told.name),
    version: one.version || told.version,
    advisoryVersion: advisoryVersion ?? told.advisoryVersion,
    ...optional('release', release ?? told.release),
    licences: [...one.licences],
    hashes: [...one.hashes],
    ...optional('supplier', one.supplier),
    dependsOn: [],
    requires: [],
    scope: one.scope,
    foundBy,
    ...optional('confidence', confidence),
    ...optional('listedAs', listedAs),
    ...optional('pin', pin),
    ...optional('checksum', checksum),
    ...optional('installScript', installScript),
    ...optional('bundled', bundled),
  };
  const hasLists = fetchedFrom !== undefined || platforms !== undefined;
  return {
    component: publicComponent(component),
    // A document need not say where a component was: then its own entry is the place.
    locations: one.locations.length === 0 ? [{ path: withoutCredentials(one.reference) }] : one.locations,
    ...optional('ownedBy', ownedBy),
    ...(hasLists ? { lists: { ...optional('fetchedFrom', fetchedFrom), ...optional('platforms', platforms) } } : {}),
  };
}

type Identity = { readonly purl: string; readonly told: ReturnType<typeof fromPurl> };

function tellIdentity({ purl, name, version, source, facts }: ListedComponent): Identity {
  if (purl !== undefined)
    try {
      const told = fromPurl(purl, source);
      if (told.version !== '' || facts.advisoryVersion !== undefined || !isOneVersion(version)) return { purl, told };
      const versioned = createPurl({ ...parsePurl(purl), version });
      return { purl: versioned, told: fromPurl(versioned, source) };
    } catch (error) {
      if (!(error instanceof PurlError)) throw error;
    }
  return {
    purl: genericPurl(name, version),
    told: { ecosystem: 'generic', advisoryName: name, advisoryVersion: version, name, version },
  };
}

/** And no range of them, tag, or word for not knowing: which a document may have in its place, and advisories cannot be asked for. */
function isOneVersion(text: string): boolean {
  return /^(?=.*\d)\w[\w.+:~!-]*$/.test(text);
}

function genericPurl(name: string, version: string): string {
  try {
    return createPurl({ type: 'generic', name, version });
  } catch (cause) {
    if (!(cause instanceof PurlError)) throw cause;
    throw new SbomError('SBOM_INVALID', 'a name and a version that no package URL can be made of', { cause });
  }
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
