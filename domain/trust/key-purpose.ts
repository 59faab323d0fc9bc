import type { SignedBytes } from './signed-bytes.ts';
import { predicateTypes } from './statement.ts';

/** What a key of ours is for: letting in, or saying what is so (docs/decisions/0008). */
export type KeyPurpose = 'admission' | 'evidence';

const admissions: ReadonlySet<string> = new Set([
  predicateTypes.cosignSignature,
  'application/vnd.dev.cosign.simplesigning.v1+json',
]);

/** Why a key of this purpose does not sign this; undefined where it does. */
export function purposeRefusal(
  purpose: KeyPurpose,
  { statement, verificationResult }: SignedBytes,
): string | undefined {
  switch (purpose) {
    case 'admission':
      if (admissions.has(statement)) return undefined;
      if (statement !== predicateTypes.vsa) return `an admission key signs signatures and summaries, not ${statement}`;
      return verificationResult === 'PASSED' ? undefined : 'an admission key signs no summary but one that says PASSED';
    case 'evidence':
      return admissions.has(statement)
        ? 'the evidence key signs no signature: who trusts it would take it for an admission'
        : undefined;
  }
}
