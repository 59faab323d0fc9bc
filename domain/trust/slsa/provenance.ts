import type { ProvenanceSource } from './material.ts';
import type { ProvenancePredicate } from './predicate.ts';

/** SLSA's Build track (https://slsa.dev/spec/v1.0/levels). */
export type BuildLevel = 0 | 1 | 2 | 3;

/** Why a build is of no higher level than this. `reason` is a clause: "built on a self-hosted runner". */
export interface LevelLimit {
  readonly level: BuildLevel;
  readonly reason: string;
}

/** What the reader of one build type makes of a provenance. What it does not say is absent. */
export interface ProvenanceReading {
  readonly source?: ProvenanceSource | undefined;
  /** The workflow, pipeline, job or file that was run: `.github/workflows/release.yml`. */
  readonly entryPoint?: string | undefined;
  /** Whose signature on the source commit the builder verified. */
  readonly committers?: readonly string[] | undefined;
  /** All of the inputs were declared, and no network was there to get others. */
  readonly hermetic?: boolean | undefined;
  /** Nothing went in but the source, and what that names by hash. */
  readonly inputsByHash?: boolean | undefined;
  /** The builder says that the same inputs give the same bytes. */
  readonly reproducible?: boolean | undefined;
  /** Whether parameters and dependencies are all listed, where the provenance says so. */
  readonly complete?: { readonly parameters: boolean; readonly dependencies: boolean } | undefined;
  /** Level 3 where there is none. */
  readonly limits: readonly LevelLimit[];
}

/** One build type, or a family that means the same by its fields. */
export interface ProvenanceReader {
  /** Who writes such provenance: `GitHub Actions`. */
  readonly producer: string;
  matches(predicate: ProvenancePredicate): boolean;
  read(predicate: ProvenancePredicate): ProvenanceReading;
}

/** A provenance as read: nothing in it is believed until its signer and builder are pinned. */
export interface SlsaProvenance extends ProvenanceReading {
  readonly version: 'v1' | 'v0.2';
  /** Undefined for a build type that nobody here reads in particular. */
  readonly producer: string | undefined;
  readonly buildType: string;
  readonly builderId: string;
  readonly toolchain: Readonly<Record<string, string>>;
  readonly builderHost: string | undefined;
  readonly invocationId: string | undefined;
  /** RFC 3339, as stated. */
  readonly startedOn: string | undefined;
  readonly finishedOn: string | undefined;
}
