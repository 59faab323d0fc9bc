import type { Descriptor } from './descriptor.ts';
import type { Digest } from './digest.ts';
import type { ArtifactKey } from './subject.ts';

export interface GenerationKey extends ArtifactKey {
  readonly generation: number;
}

/** The shape of an artifact, recorded once its manifest was read. */
export interface ArtifactStructure {
  readonly descriptor: Pick<Descriptor, 'mediaType' | 'size'>;
  readonly kind: 'image' | 'index' | 'other';
  /** Children of an index, with `os/arch`. */
  readonly children: readonly { readonly digest: Digest; readonly platform: string | undefined }[];
}

export interface ImageContent {
  readonly digest: Digest;
  readonly config: Digest;
  readonly diffIds: readonly Digest[];
  /** RFC 3339, from the image config. */
  readonly created: string | undefined;
}

export type GenerationOutcome = 'judged' | 'unknown' | 'evidence' | 'child' | 'gone';

/** One run of the pipeline, as the database knows it: claimed once, closed once. */
export interface GenerationLedger {
  /** `closed` where another run finished it; otherwise how many events had joined by now. */
  claim(
    key: GenerationKey,
    runId: string,
  ): Promise<{ state: 'claimed'; joined: number; ageSeconds: number } | { state: 'closed' }>;
  recordStructure(key: ArtifactKey, structure: ArtifactStructure): Promise<void>;
  recordContent(content: ImageContent): Promise<void>;
  /** A way through nested indexes: each holds the one after it. */
  recordNesting(way: readonly Digest[]): Promise<void>;
  /** Whether a tag names it, and an index of the same repository that holds it, at any depth, and is judged. */
  whereabouts(key: ArtifactKey): Promise<{ tagged: boolean; parent: Digest | undefined }>;
  setPhase(key: ArtifactKey, phase: string, reason: string): Promise<void>;
  /** The same while signatures wait, told to everybody once a generation. */
  awaitSigning(key: GenerationKey, reason: string): Promise<void>;
  /**
   * Closes the generation unless more events joined than `joined`: then says `again`, and the pipeline looks once more.
   * Closing twice changes nothing.
   */
  conclude(
    key: GenerationKey,
    result: { joined: number; outcome: GenerationOutcome; reason: string },
  ): Promise<{ again: false } | { again: true; joined: number }>;
}
