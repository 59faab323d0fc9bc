import { expect, it } from 'vitest';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import type { EvidenceRecord } from '../../../../domain/trust/evidence.ts';
import { travels } from '../../../../domain/trust/evidence-travels.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';

const digest = `sha256:${'a'.repeat(64)}` as Digest;
const record = (change: Partial<EvidenceRecord>): EvidenceRecord => ({
  ...{ manifest: digest, bundle: digest, subject: digest, predicateType: predicateTypes.cycloneDx, origin: 'own' },
  verification: { outcome: 'verified', identity: { kind: 'key', keyId: 'k' } },
  ...change,
});

it.each([
  ['our SBOM', { predicateType: predicateTypes.cycloneDx }, true],
  ['our scan', { predicateType: predicateTypes.vulns }, true],
  ['our verdict', { predicateType: predicateTypes.vsa }, false],
  ['our admission', { predicateType: predicateTypes.cosignSignature }, false],
  ['our promotion record', { predicateType: predicateTypes.promotion }, false],
  ["somebody's signature", { predicateType: predicateTypes.cosignSignature, origin: 'foreign' }, true],
  ["somebody's verdict", { predicateType: predicateTypes.vsa, origin: 'foreign' }, true],
  ["somebody's provenance", { predicateType: predicateTypes.provenance, origin: 'foreign' }, true],
  [
    'what was not verified',
    { origin: 'foreign', verification: { outcome: 'rejected', code: 'SIGNATURE_INVALID', reason: 'no' } },
    false,
  ],
] as const)('%s', (_, change, expected) => {
  expect(travels(record(change))).toBe(expected);
});
