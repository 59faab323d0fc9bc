import type { Digest } from '../artifact/digest.ts';
import type { FinishedBuild } from './builder.ts';

/** What a signer is told of a finished build; who built is not the builder's to say. */
export interface SigningRequest
  extends Pick<
    FinishedBuild,
    'layout' | 'source' | 'toolchain' | 'startedOn' | 'finishedOn' | 'isolation' | 'hermetic' | 'inputsByHash'
  > {
  /** What the builder read in the layout. */
  readonly digest: Digest;
  /** URI of this one run. */
  readonly invocationId: string;
}

/** Sigstore bundles about `digest`. */
export interface SignedBuild {
  readonly signature: Uint8Array;
  readonly provenance: Uint8Array;
}

/**
 * Holds a builder's key, apart from whatever runs recipes. Reads and hashes the layout itself, and signs what it found: throws a
 * BuildError SIGNER_REFUSED where that is not what it was told, SIGNER_UNREACHABLE where it does not answer.
 */
export interface BuildSigner {
  sign(request: SigningRequest): Promise<SignedBuild>;
}
