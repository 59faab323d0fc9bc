import type { VexStatus } from '../finding.ts';
import type { VexVersions } from './version-list.ts';

/** What a statement speaks of: a package, or an artifact and packages inside it. */
export interface VexProduct {
  /** Purls, names or digests (`sha256:<hex>`) of the product; each is as good as the others. */
  readonly names: readonly string[];
  /** Purls of packages inside it; empty where the statement is about the product as a whole. */
  readonly subcomponents: readonly string[];
  /** Versions of the package it is about, where they are listed beside its name. */
  readonly versions?: VexVersions;
}

/** One statement of a VEX document, whatever its format. */
export interface VexStatement {
  /** Ids of the vulnerability: CVE, GHSA and others. */
  readonly ids: readonly string[];
  readonly products: readonly VexProduct[];
  readonly status: VexStatus;
  readonly justification?: string;
  /** In the author's words. */
  readonly statement?: string;
  readonly author?: string;
  /** RFC 3339; of two statements about the same thing the later one holds. */
  readonly at?: string;
}

/** Upper bounds of one document; real ones stay far below. */
export const vexLimits = { statements: 100_000, products: 100_000, text: 20_000, depth: 32 } as const;
