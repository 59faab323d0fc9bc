import type { Digest } from '../artifact/digest.ts';
import type { ArtifactKey } from '../artifact/subject.ts';
import type { SourceCommit } from './builder.ts';

export interface RebuildKey extends ArtifactKey {
  readonly rebuild: string;
}

export type RebuildPlan =
  | {
      readonly outcome: 'planned';
      readonly source: SourceCommit;
      /** Apart from everything else: compared before it counts. */
      readonly target: string;
    }
  | { readonly outcome: 'impossible'; readonly reason: string };

export interface Rebuilt {
  readonly digest: Digest;
  readonly signature: Digest;
  readonly provenance: Digest;
}

/** What a rebuild knows and records. */
export interface RebuildBook {
  /** Where the source is: from provenance that verifies, and only from where the policy says that repository's source is. */
  plan(key: RebuildKey): Promise<RebuildPlan>;
  recordBuilding(key: RebuildKey, source: SourceCommit): Promise<void>;
  /** The same bytes: evidence for the original. Its pipeline looks again. */
  concludeIdentical(key: RebuildKey): Promise<{ readonly generation: number }>;
  /** Other bytes: a replacement under the original's tag, and what differs. Its pipeline starts. */
  concludeDifferent(
    key: RebuildKey,
    replacement: Digest,
    difference: Digest,
    summary: string,
  ): Promise<{ readonly generation: number; readonly tag: string | undefined }>;
  fail(key: RebuildKey, reason: string): Promise<void>;
  /** The tag the replacement gets: the original's, unless that names another build now which no incident holds. */
  tagOf(key: RebuildKey, replacement: Digest): Promise<string | undefined>;
}
