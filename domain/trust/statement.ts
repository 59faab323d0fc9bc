/** in-toto Statement v1 (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md) and the predicate types we speak. */
import { z } from 'zod';
import { type Digest, digestHex } from '../artifact/digest.ts';

export const predicateTypes = {
  cosignSignature: 'https://sigstore.dev/cosign/sign/v1',
  cycloneDx: 'https://cyclonedx.org/bom',
  spdx: 'https://spdx.dev/Document',
  provenance: 'https://slsa.dev/provenance/v1',
  vulns: 'https://in-toto.io/attestation/vulns/v0.2',
  cosignVuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  vsa: 'https://slsa.dev/verification_summary/v1',
  promotion: 'https://in-toto.io/attestation/promotion-record/v1',
  reference: 'https://in-toto.io/attestation/reference/v0.1',
  testResult: 'https://in-toto.io/attestation/test-result/v0.1',
  release: 'https://in-toto.io/attestation/release/v0.1',
  approval: 'https://pratique.dev/approval/v1',
  quarantine: 'https://pratique.dev/quarantine/v1',
  quarantineRelease: 'https://pratique.dev/quarantine-release/v1',
} as const;

export const inTotoPayloadType = 'application/vnd.in-toto+json';

export const statementSchema = z.object({
  _type: z.enum(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  subject: z
    .array(z.object({ name: z.string().optional(), digest: z.record(z.string(), z.string()) }))
    .min(1)
    .max(1000),
  predicateType: z.string().min(1).max(1000),
  predicate: z.unknown(),
});
export type Statement = z.infer<typeof statementSchema>;

export function createStatement(subject: Digest, predicateType: string, predicate: unknown, name?: string): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ ...(name === undefined ? {} : { name }), digest: { sha256: digestHex(subject) } }],
    predicateType,
    predicate,
  };
}

/** Digests of one thing, in hex, by algorithm (in-toto attestation, v1/digest_set.md): those that are compared here. */
export type DigestSet = Readonly<Partial<Record<'sha256' | 'sha384' | 'sha512', string>>>;

/** Whether one subject has a digest of the set, and no other digest of an algorithm that is in the set. */
export function isSubject(statement: Statement, digests: DigestSet): boolean {
  const algorithms = Object.keys(digests) as (keyof DigestSet)[];
  return statement.subject.some(({ digest }) => {
    const shared = algorithms.filter((algorithm) => Object.hasOwn(digest, algorithm));
    return shared.length > 0 && shared.every((algorithm) => digest[algorithm] === digests[algorithm]);
  });
}
