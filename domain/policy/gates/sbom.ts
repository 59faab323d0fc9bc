import { predicateTypes } from '../../trust/statement.ts';
import { type Gate, gateOutcome } from './gate-context.ts';
import { stockDoubt } from './stock-doubt.ts';

/**
 * Every platform was read in full and holds at least `minimumComponents`. Never fails: fewer components than expected
 * means that we did not understand what is in it.
 */
export const sbomGate: Gate<'sbom'> = (rule, judged) => {
  const doubt = stockDoubt(judged);
  const evidence = judged.evidence
    .filter(({ verification }) => verification.outcome === 'verified')
    .filter(({ predicateType }) => predicateType === predicateTypes.cycloneDx || predicateType === predicateTypes.spdx)
    .map(({ manifest }) => manifest);
  if (doubt !== undefined) return gateOutcome('sbom', 'unknown', doubt.reason, { details: doubt.details, evidence });
  const thin = judged.platforms.find(({ componentCount }) => componentCount < rule.minimumComponents);
  if (thin !== undefined)
    return gateOutcome(
      'sbom',
      'unknown',
      `${thin.componentCount} components found in ${thin.platform}, at least ${rule.minimumComponents} expected: its contents were not understood`,
      {
        evidence,
      },
    );
  const counts = judged.platforms.map(({ platform, componentCount }) => `${componentCount} components in ${platform}`);
  return gateOutcome('sbom', 'pass', counts.slice(0, 10).join(', '), { evidence });
};
