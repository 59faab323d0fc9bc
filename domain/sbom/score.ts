/**
 * How complete an SBOM is, by what two bodies ask for: the NTIA's "Minimum Elements for a Software Bill of Materials" (2021,
 * data fields) and the BSI's TR-03183-2 (version 2.1.0 of 2025-08-20, required data fields: sections 5.2.1 and 5.2.2). What
 * that asks for only where it exists (5.2.3, 5.2.4: SBOM-URI, source code URI, URI of the deployable form, other unique
 * identifiers, original licences) is no part of the score.
 */
import type { Component, Ecosystem, Stock } from './component.ts';

export const scoreProfiles = ['ntia', 'bsi'] as const;
export type ScoreProfile = (typeof scoreProfiles)[number];

/** One data field, of the document (`total` is 1) or of every component. */
export interface ScoredElement {
  readonly element: string;
  readonly profiles: readonly ScoreProfile[];
  readonly present: number;
  readonly total: number;
  /** By kind of component; empty for a field of the document. */
  readonly kinds: readonly { readonly ecosystem: Ecosystem; readonly present: number; readonly total: number }[];
  /** purls of components without it, the first of them in the order of the document. */
  readonly missing: readonly string[];
}

export interface Score {
  /** 0 to 100, rounded down: the mean of the shares of the profile's fields. */
  readonly profiles: Readonly<Record<ScoreProfile, number>>;
  readonly elements: readonly ScoredElement[];
}

/** What is scored. `creators` are as SPDX writes them: `Tool: pratique-0.1.0`, `Organization: Acme (sbom@acme.example)`. */
export interface ScoredDocument {
  readonly stock: Stock;
  readonly creators: readonly string[];
  /** Absent where the document does not say when it was made. */
  readonly created: string | undefined;
}

const MAX_MISSING = 20;

interface ComponentElement {
  readonly element: string;
  readonly profiles: readonly ScoreProfile[];
  readonly isPresent: (component: Component, connected: ReadonlySet<string>) => boolean;
}

const both = ['ntia', 'bsi'] as const;
/** An address somebody can write to or look up: the BSI wants one of creators. */
const ADDRESS = /[^\s@()<>]+@[^\s@()<>]+\.[^\s@()<>]+|https?:\/\//;

const componentElements: readonly ComponentElement[] = [
  { element: 'name', profiles: both, isPresent: ({ name }) => name !== '' },
  { element: 'version', profiles: both, isPresent: ({ version }) => version !== '' },
  { element: 'supplier name', profiles: ['ntia'], isPresent: ({ supplier }) => Boolean(supplier) },
  { element: 'creator with address', profiles: ['bsi'], isPresent: ({ supplier }) => ADDRESS.test(supplier ?? '') },
  // A generic purl is made of name and version alone: it says nothing more.
  { element: 'unique identifier', profiles: ['ntia'], isPresent: ({ purl }) => !purl.startsWith('pkg:generic/') },
  { element: 'dependency relationship', profiles: both, isPresent: ({ purl }, connected) => connected.has(purl) },
  { element: 'licence (SPDX)', profiles: ['bsi'], isPresent: hasLicence },
  { element: 'SHA-512 hash', profiles: ['bsi'], isPresent: hasSha512 },
  // Where it was found names a file, but for databases of packages, whose packages are many files.
  { element: 'file name', profiles: ['bsi'], isPresent: hasFileName },
];

function hasLicence({ licences }: Component): boolean {
  return licences.length > 0 && licences.every(({ kind }) => kind === 'expression');
}

function hasSha512({ hashes }: Component): boolean {
  return hashes.some(({ algorithm }) => algorithm === 'SHA-512');
}

function hasFileName({ locations }: Component): boolean {
  return locations.some(({ path }) => /\.(?:[jwe]ar|whl|tgz|gem|crate|nupkg|dll|so|exe|bin)$/i.test(path));
}

/** Fields the BSI requires and no source tells: named, so that nobody takes a score for more than it is. */
const neverTold = ['executable', 'archive', 'structured'];

export function scoreDocument({ stock, creators, created }: ScoredDocument): Score {
  const { components } = stock;
  const elements = [
    ofDocument('author of SBOM data', ['ntia'], creators.length > 0),
    ofDocument(
      'creator of SBOM with address',
      ['bsi'],
      creators.some((one) => ADDRESS.test(one)),
    ),
    ofDocument('timestamp', both, created !== undefined),
    ...scoreComponents(components),
  ];
  const mean = (profile: ScoreProfile): number => {
    const counted = elements.filter(({ profiles }) => profiles.includes(profile));
    return Math.floor((100 * counted.reduce((sum, one) => sum + shareOf(one), 0)) / counted.length);
  };
  return { profiles: { ntia: mean('ntia'), bsi: mean('bsi') }, elements };
}

/** 0 to 1. Of no component at all, none has a field: a document that lists nothing is not complete. */
export function shareOf({ present, total }: { readonly present: number; readonly total: number }): number {
  return total === 0 ? 0 : present / total;
}

function ofDocument(element: string, profiles: readonly ScoreProfile[], isPresent: boolean): ScoredElement {
  return { element, profiles, present: isPresent ? 1 : 0, total: 1, kinds: [], missing: [] };
}

function scoreComponents(components: readonly Component[]): ScoredElement[] {
  const connected = connectedOf(components);
  const totals = new Map<Ecosystem, number>();
  const counted = componentElements.map(() => ({ without: new Map<Ecosystem, number>(), missing: [] as string[] }));
  // Once over, and nothing kept of a component: there may be a million.
  for (const one of components) {
    totals.set(one.ecosystem, (totals.get(one.ecosystem) ?? 0) + 1);
    for (const [index, { isPresent }] of componentElements.entries()) {
      const found = counted[index];
      if (found === undefined || isPresent(one, connected)) continue;
      found.without.set(one.ecosystem, (found.without.get(one.ecosystem) ?? 0) + 1);
      if (found.missing.length < MAX_MISSING) found.missing.push(one.purl);
    }
  }
  const byKind = [...totals].toSorted(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
  const scored = componentElements.map(({ element, profiles }, index): ScoredElement => {
    const { without = new Map<Ecosystem, number>(), missing = [] } = counted[index] ?? {};
    const kinds = byKind.map(([ecosystem, total]) => ({
      ecosystem,
      present: total - (without.get(ecosystem) ?? 0),
      total,
    }));
    const present = kinds.reduce((sum, kind) => sum + kind.present, 0);
    return { element, profiles, present, total: components.length, kinds, missing };
  });
  const untold = neverTold.map(
    (element): ScoredElement => ({
      element,
      profiles: ['bsi'],
      present: 0,
      total: components.length,
      kinds: byKind.map(([ecosystem, total]) => ({ ecosystem, present: 0, total })),
      missing: [],
    }),
  );
  return [...scored, ...untold];
}

/** purls of what depends on something, or something on it. */
function connectedOf(components: readonly Component[]): ReadonlySet<string> {
  const connected = new Set<string>();
  for (const { purl, dependsOn } of components) {
    if (dependsOn.length > 0) connected.add(purl);
    for (const target of dependsOn) connected.add(target);
  }
  return connected;
}
