import type { Digest } from '../../artifact/digest.ts';
import { plural } from '../../plural.ts';
import { predicateTypes } from '../../trust/statement.ts';
import type { DocumentReading, JudgedArtifact } from '../gate.ts';
import { type Gate, gateOutcome } from './gate-context.ts';
import { stockDoubt } from './stock-doubt.ts';

/** The SBOMs it rests on: those of others where they are read, else every verified one. */
function sbomEvidence({ evidence, readings }: JudgedArtifact): readonly Digest[] {
  if (readings?.sbom?.prefer === 'attested') return readings.sbom.evidence;
  return evidence
    .filter(({ verification }) => verification.outcome === 'verified')
    .filter(({ predicateType }) => predicateType === predicateTypes.cycloneDx || predicateType === predicateTypes.spdx)
    .map(({ manifest }) => manifest);
}

/**
 * Every platform was read in full and holds at least `minimumComponents`; where the policy prefers SBOMs of others, by them. Fails
 * only where these differ from the layers, and the policy says so: fewer components than expected means that we did not
 * understand what is in it.
 */
export const sbomGate: Gate<'sbom'> = (rule, judged) => {
  const doubt = stockDoubt(judged);
  const evidence = sbomEvidence(judged);
  const reading = judged.readings?.sbom;
  const difference = reading?.difference;
  const differences = difference === undefined ? [] : difference.details;
  if (difference?.verdict === 'fail')
    return gateOutcome('sbom', 'fail', difference.reason, { details: differences, evidence });
  if (doubt !== undefined) return gateOutcome('sbom', 'unknown', doubt.reason, { details: doubt.details, evidence });
  const thin = judged.platforms.find(({ componentCount }) => componentCount < rule.minimumComponents);
  if (thin !== undefined)
    return gateOutcome(
      'sbom',
      'unknown',
      `${plural(thin.componentCount, 'component')} found in ${thin.platform}, at least ${rule.minimumComponents} expected: its contents were not understood`,
      { details: differences, evidence },
    );
  if (difference?.verdict === 'unknown')
    return gateOutcome('sbom', 'unknown', difference.reason, { details: differences, evidence });
  const counts = judged.platforms.map(
    ({ platform, componentCount }) => `${plural(componentCount, 'component')} in ${platform}`,
  );
  const whose = reading === undefined ? '' : wordsOf(reading);
  const told = difference === undefined ? '' : `; ${difference.reason}`;
  return gateOutcome('sbom', 'pass', `${counts.slice(0, 10).join(', ')}${whose}${told}`, {
    details: differences,
    evidence,
  });
};

const wordsOf = ({ prefer, signers }: DocumentReading) =>
  prefer === 'attested' ? `, as ${signers.join(', ')} attests` : `, compared with what ${signers.join(', ')} attests`;
