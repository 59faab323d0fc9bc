import type { Digest } from '../../artifact/digest.ts';
import { predicateTypes } from '../../trust/statement.ts';
import type { JudgedArtifact } from '../gate.ts';

/** The verified scan reports among an artifact's evidence; where those of others are read instead, these. */
export function scanEvidence({ evidence, readings }: JudgedArtifact): Digest[] {
  const attested = readings?.vulnerabilities;
  if (attested?.prefer === 'attested') return [...attested.evidence];
  return evidence
    .filter(({ verification }) => verification.outcome === 'verified')
    .filter(
      ({ predicateType }) => predicateType === predicateTypes.vulns || predicateType === predicateTypes.cosignVuln,
    )
    .map(({ manifest }) => manifest);
}
