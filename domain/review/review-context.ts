import type { Finding, Severity } from '../advisory/finding.ts';
import type { Component, Ecosystem } from '../sbom/component.ts';
import type { Arrival } from './arrival.ts';
import type { Concern } from './concern.ts';

/** What the one who asks decides. */
export interface ReviewRules {
  /** Findings at or above it stop a change. */
  readonly failOn: Exclude<Severity, 'unknown' | 'none'>;
  /** SPDX ids; `*` ends an entry. */
  readonly deniedLicences: readonly string[];
  /** Names that are ours, `@acme/*`: nobody else may serve them. `*` stands for any characters. */
  readonly ownNames: readonly string[];
  /** Names somebody has looked at: they imitate nothing. */
  readonly acceptedNames: readonly string[];
}

/** How long a version has to have been there, and since when each has. */
export interface ReviewAge {
  readonly minDays: number;
  readonly now: Date;
  /** By purl: RFC 3339, `undefined` where a registry was asked and does not say. What nobody was asked about is not in it. */
  readonly publishedAt: ReadonlyMap<string, string | undefined>;
}

export interface ReviewContext {
  readonly rules: ReviewRules;
  readonly age: ReviewAge | undefined;
  /** Findings of the change, by the purl they are about; only those the base does not have, and malicious packages. */
  readonly findings: ReadonlyMap<string, readonly Finding[]>;
  /** Origins that the base fetches packages from, by ecosystem; an empty set where it names no place, nothing for what is new. */
  readonly origins: ReadonlyMap<Ecosystem, ReadonlySet<string>>;
  /** Lockfiles, by path, in which at least one package has a hash. */
  readonly hashingFiles: ReadonlySet<string>;
}

/** One check of one package. Pure. */
export type ReviewCheck = (arrival: Arrival, context: ReviewContext) => Concern[];

/** Of an entry of `fetchedFrom`, which may name a repository there. */
export function toOrigin(place: string): string {
  return /^\w+:\/\/[^/]+/.exec(place)?.[0] ?? place;
}

export function hasHash({ hashes, checksum, lockedHashes = [] }: Component): boolean {
  return hashes.length > 0 || checksum !== undefined || lockedHashes.some(({ values }) => values.length > 0);
}
