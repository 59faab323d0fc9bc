import type { Digest } from '../artifact/digest.ts';

/** Where evidence is kept by digest, apart from the registry. */
export interface AttestationSource {
  /** Bundles about `digest` of `place` (GitHub's `owner/repository`), unverified. Throws where it cannot be asked now. */
  attestationsOf(place: string, digest: Digest): Promise<readonly Uint8Array[]>;
}
