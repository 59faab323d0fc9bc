import type { Digest } from '../../artifact/digest.ts';
import { predicateTypes } from '../../trust/statement.ts';
import type { JudgedArtifact } from '../gate.ts';

/** The verified scan reports among an artifact's evidence. */
export function scanEvidence({ evidence }: JudgedArtifact): Digest[] {
  return evidence
    .filter(({ verification }) => verification.outcome === 'verified')
    .filter(
      ({ predicateType }) => predicateType === predicateTypes.vulns || predicateType === predicateTypes.cosignVuln,
    )
    .map(({ manifest }) => manifest);
}
