/** What an SBOM lists, as components: one a purl, in canonical order. */
import type { Digest } from '../../domain/artifact/digest.ts';
import { mergeComponents, type PlacedComponent } from '../../domain/catalog/merge-components.ts';
import type { Component, FileHash, LicenceClaim, Location } from '../../domain/sbom/component.ts';
import { fromPurl } from '../../domain/sbom/from-purl.ts';
import { createPurl } from '../../domain/sbom/purl.ts';
import type { ComponentFacts } from './component-facts.ts';
import { MAX_EDGES } from './document-limits.ts';
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
}

export interface ComponentList {
  add(one: ListedComponent): void;
  /** From reference to reference; an edge to nothing in the list is dropped. Throws a SbomError beyond MAX_EDGES. */
  edge(from: string, to: string): void;
  /** Once, at the end: one component a purl, in canonical order. */
  components(): Component[];
}

/** What a document lists, kept small: a million components have a few texts in common, and every name twice or more. */
export function createComponentList(): ComponentList {
  const placed: PlacedComponent[] = [];
  const purls = new Map<string, string>();
  /** Merging knows one address a finding and no platforms, a document several a component. */
  const lists = new Map<string, ListFacts>();
  /** Ends of edges in turn. */
  const ends: string[] = [];
  const { intern, forget } = createInterner();
  return {
    add(one) {
      const found = place(one, intern);
      for (const each of found) placed.push(each);
      const purl = found[0]?.component.purl ?? '';
      addLists(lists, purl, one.facts);
      purls.set(intern(one.reference), intern(purl));
    },
    edge(from, to) {
      if (ends.length >= 2 * MAX_EDGES) throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_EDGES} dependencies`);
      ends.push(intern(from), intern(to));
    },
    components() {
      const byPurl = new Map<string, Set<string>>();
      for (let at = 0; at < ends.length; at += 2) {
        const [source, target] = [purls.get(ends[at] ?? ''), purls.get(ends[at + 1] ?? '')];
        if (source === undefined || target === undefined || source === target) continue;
        const known = byPurl.get(source);
        if (known === undefined) byPurl.set(source, new Set([target]));
        else known.add(target);
      }
      // The texts have done their work: of a million components, this is a third of what is there.
      purls.clear();
      ends.length = 0;
      forget();
      const merged = mergeComponents(placed, byPurl);
      if (lists.size === 0) return merged;
      return merged.map((one) => ({ ...one, ...lists.get(one.purl) }));
    },
  };
}

type ListFacts = Pick<Component, 'fetchedFrom' | 'platforms'>;

function addLists(lists: Map<string, ListFacts>, purl: string, facts: ComponentFacts): void {
  if (facts.fetchedFrom === undefined && facts.platforms === undefined) return;
  const before = lists.get(purl);
  const fetchedFrom = joinLists(before?.fetchedFrom, facts.fetchedFrom);
  const platforms = joinLists(before?.platforms, facts.platforms);
  lists.set(purl, {
    ...(fetchedFrom.length === 0 ? {} : { fetchedFrom }),
    ...(platforms.length === 0 ? {} : { platforms }),
  });
}

function joinLists(before: readonly string[] = [], more: readonly string[] = []): readonly string[] {
  return [...new Set([...before, ...more])].toSorted();
}

type Intern = (text: string) => string;

/** Gives back the first string that was equal: the others can go. */
function createInterner(): { readonly intern: Intern; forget(): void } {
  const known = new Map<string, string>();
  return {
    intern(text) {
      const first = known.get(text);
      if (first !== undefined) return first;
      known.set(text, text);
      return text;
    },
    forget: () => known.clear(),
  };
}

/** Shared by all that have none. */
const none: never[] = [];
Object.freeze(none);

/** Others split names into group and name, or leave the group to the purl, which tells what the ecosystem calls it. */
function fullName({ name, facts }: ListedComponent, told: string): string {
  if (facts.ecosystem !== undefined) return name;
  const last = name.slice(name.lastIndexOf('/') + 1);
  return told.endsWith(`/${last}`) || told.endsWith(`:${last}`) ? told : name;
}

/** A component without a (valid) purl is `generic`: listed, and matched with nothing. */
function place(one: ListedComponent, intern: Intern): PlacedComponent[] {
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
  const {
    ownedBy,
    ecosystem,
    release,
    confidence,
    pin,
    checksum,
    installScript,
    bundled,
    foundBy = 'sbom',
  } = one.facts;
  const name = intern(fullName(one, told.name));
  const version = intern(one.version || told.version);
  const component = {
    purl: intern(purl),
    ecosystem: ecosystem ?? told.ecosystem,
    advisoryName: intern(one.facts.advisoryName ?? told.advisoryName),
    name,
    version,
    advisoryVersion: intern(one.facts.advisoryVersion ?? told.advisoryVersion),
    ...optional('release', release ?? told.release, intern),
    licences: one.licences.map((claim) =>
      claim.kind === 'expression' ? { ...claim, expression: intern(claim.expression) } : claim,
    ),
    hashes: one.hashes.length === 0 ? none : [...one.hashes],
    ...optional('supplier', one.supplier, intern),
    dependsOn: none,
    requires: none,
    scope: one.scope,
    foundBy: intern(foundBy),
    ...(confidence === undefined ? {} : { confidence }),
    ...(pin === undefined ? {} : { pin }),
    ...optional('checksum', checksum, intern),
    ...(installScript === undefined ? {} : { installScript }),
    ...(bundled === undefined ? {} : { bundled }),
  };
  // A document need not say where a component was: then its own entry is the place.
  const locations = one.locations.length === 0 ? [{ path: one.reference }] : one.locations;
  return locations.map(({ path, layer }) => {
    const location = { path, ...(layer === undefined ? {} : { layer: intern(layer) as Digest }) };
    return { component, file: path, location, ...optional('ownedBy', ownedBy, intern) };
  });
}

function optional<K extends string>(key: K, value: string | undefined, intern: Intern): { readonly [P in K]?: string } {
  return (value === undefined ? {} : { [key]: intern(value) }) as { readonly [P in K]?: string };
}
