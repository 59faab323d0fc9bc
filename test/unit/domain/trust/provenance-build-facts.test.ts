import { expect, test } from 'vitest';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import type { EvidenceRecord } from '../../../../domain/trust/evidence.ts';
import { provenanceBuildFacts } from '../../../../domain/trust/provenance-build-facts.ts';

const digest = parseDigest(`sha256:${'1'.repeat(64)}`);
const record: EvidenceRecord = {
  manifest: digest,
  bundle: digest,
  subject: digest,
  predicateType: 'https://slsa.dev/provenance/v1',
  origin: 'foreign',
  verification: { outcome: 'verified', identity: { kind: 'key', keyId: 'abc' } },
  provenance: {
    builderId: 'https://builder.example',
    buildType: 't',
    sourceRepository: 'https://git.example/shop',
    commit: 'c0ffee',
    toolchain: ['go 1.24.1', 'node 24.1.0'],
  },
};

test('commit, source, builder, its tools and signer, as verified', () => {
  expect(provenanceBuildFacts([{ ...record, origin: 'own' }, record])).toEqual([
    { name: 'commit', value: 'c0ffee', standing: 'verified', saidBy: 'provenance' },
    { name: 'source', value: 'https://git.example/shop', standing: 'verified', saidBy: 'provenance' },
    { name: 'builder', value: 'https://builder.example', standing: 'verified', saidBy: 'provenance' },
    { name: 'toolchain', value: 'go 1.24.1', standing: 'verified', saidBy: 'provenance' },
    { name: 'toolchain', value: 'node 24.1.0', standing: 'verified', saidBy: 'provenance' },
    { name: 'signer', value: 'key:abc', standing: 'verified', saidBy: 'provenance' },
  ]);
});

const { provenance: _, ...bare } = record;
test.each<[string, EvidenceRecord]>([
  ['what was rejected', { ...record, verification: { outcome: 'rejected', code: 'SIGNER_UNKNOWN', reason: 'x' } }],
  ['our own statements', { ...record, origin: 'own' }],
  ['other evidence', bare],
])('%s tells nothing', (_name, one) => {
  expect(provenanceBuildFacts([one])).toEqual([]);
});
