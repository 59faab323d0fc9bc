import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import { createCosignSignature } from '../../domain/trust/cosign-signature.ts';
import type { StatementSigner } from '../../domain/trust/signer.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { type AttestDependencies, describe, verdictPublication } from './attest.ts';
import type { Publication } from './publish.ts';

/** What says that an artifact is let in: for it and each of its children a summary, and where it passed a signature. */
export function admissionPublications(
  deps: Pick<AttestDependencies, 'installation'>,
  policy: Policy,
  verdict: Verdict,
  {
    subjects,
    descriptors,
    signer,
    id,
  }: {
    readonly subjects: readonly Digest[];
    readonly descriptors: ReadonlyMap<Digest, Descriptor>;
    readonly signer: StatementSigner;
    /** Of the verdict's row. */
    readonly id: number;
  },
): Publication[] {
  return subjects.flatMap((digest) => {
    const subject = describe(descriptors, digest);
    const summary = verdictPublication(deps, policy, verdict, subject, signer, id);
    if (verdict.outcome !== 'pass') return [summary];
    return [
      summary,
      {
        step: [predicateTypes.cosignSignature, verdict.environment],
        subject,
        signer,
        statement: async () => createCosignSignature(digest),
      },
    ];
  });
}
