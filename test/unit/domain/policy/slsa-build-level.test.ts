import { expect, test } from 'vitest';
import { slsaBuildLevel } from '../../../../domain/policy/gates/vouched-provenance.ts';
import type { EvidenceRecord } from '../../../../domain/trust/evidence.ts';
import { commandBuildType } from '../../../../domain/trust/provenance-statement.ts';
import { createJudged, createPolicy, createProvenance, keyIds, now } from './judged-artifact.ts';

// In the policy "ci" is granted level 2, "nightly" 1, "old" is revoked.
const policy = createPolicy(['{gate: provenance}']);
const levelOf = (...evidence: EvidenceRecord[]) =>
  slsaBuildLevel(createJudged({ evidence }), { policy, now, environment: 'dev' });
const ours = (slsaBuildLevel?: number) => {
  const provenance = { builderId: 'https://ci.example/main', buildType: commandBuildType };
  return createProvenance({
    provenance: slsaBuildLevel === undefined ? provenance : { ...provenance, slsaBuildLevel },
  });
};

test.each<[string, number | undefined, EvidenceRecord[]]>([
  ['nothing counts', undefined, []],
  ['another build type: what the policy grants', 2, [createProvenance()]],
  ['ours shows more than is granted', 2, [ours(3)]],
  ['ours shows less than is granted', 1, [ours(1)]],
  ['ours shows nothing', 1, [ours()]],
  ['two: the better one', 2, [ours(1), ours(2)]],
  ['the pair is not the policy’s', undefined, [createProvenance({ keyId: keyIds.stranger })]],
])('%s: %s', (_, level, evidence) => {
  expect(levelOf(...evidence)).toBe(level);
});
