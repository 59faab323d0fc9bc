import { expect, it } from 'vitest';
import { lacksProvenance } from '../../../../activities/trust/lacks-provenance.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import type { EvidenceRecord } from '../../../../domain/trust/evidence.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';

const digest = `sha256:${'a'.repeat(64)}` as Digest;
const record: EvidenceRecord = {
  ...{ manifest: digest, bundle: digest, subject: digest, origin: 'foreign' },
  predicateType: predicateTypes.provenance,
  verification: { outcome: 'verified', identity: { kind: 'key', keyId: 'ci' } },
};
const rejected = { outcome: 'rejected', code: 'SIGNER_UNKNOWN', reason: 'a stranger' } as const;

it.each<[string, Partial<EvidenceRecord>, boolean]>([
  ['SLSA v1', {}, false],
  ['SLSA v0.2', { predicateType: 'https://slsa.dev/provenance/v0.2' }, false],
  ['our own', { origin: 'own' }, true],
  ['rejected', { verification: rejected }, true],
  ['no provenance', { predicateType: predicateTypes.cosignSignature }, true],
])('%s', (_name, change, lacking) => {
  expect(lacksProvenance([{ ...record, ...change }])).toBe(lacking);
});
