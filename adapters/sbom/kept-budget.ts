import { MAX_KEPT_BYTES } from './document-limits.ts';
import { SbomError } from './sbom-error.ts';

/** Counts what is kept of one document, in bytes as they lie in memory. */
export interface KeptBudget {
  /** Throws a SbomError where it is more than MAX_KEPT_BYTES in all. */
  take(bytes: number): void;
  giveBack(bytes: number): void;
}

export function createKeptBudget(): KeptBudget {
  let kept = 0;
  return {
    take(bytes) {
      kept += bytes;
      if (kept > MAX_KEPT_BYTES)
        throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_KEPT_BYTES} bytes of what is kept of it, packed`);
    },
    giveBack(bytes) {
      kept -= bytes;
    },
  };
}
