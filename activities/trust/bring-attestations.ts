import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Policy, Sha256 } from '../../domain/policy/policy.ts';
import { matchesPattern } from '../../domain/policy/repository-pattern.ts';
import type { EvidenceBook } from '../../domain/policy/verdict-book.ts';
import type { AttestationSource } from '../../domain/trust/attestation-source.ts';
import type { BundleVerifier } from '../../domain/trust/evidence.ts';
import type { EvidenceDesk, EvidenceToAttach } from '../../domain/trust/evidence-desk.ts';

export interface BringDependencies {
  readonly attestations: AttestationSource;
  readonly desk: EvidenceDesk;
  readonly evidence: Pick<EvidenceBook, 'recorded'>;
  readonly verifier: BundleVerifier;
  readonly sha256: Sha256;
  readonly now: () => Date;
}

/**
 * What others keep about these subjects where the policy says to look, attached to them as it is: so it is recorded, judged and
 * copied like all other evidence. What does not verify under this policy is left where it is.
 */
export async function bringAttestations(
  { attestations, desk, evidence, verifier, sha256, now }: BringDependencies,
  policy: Policy,
  repository: string,
  subjects: readonly Descriptor[],
): Promise<void> {
  const { attestations: sources = [], signers } = policy.document;
  const places = sources.filter((source) => matchesPattern(source.repository, repository));
  if (places.length === 0) return;
  const trusted = { keys: signers.flatMap(({ publicKey }) => publicKey ?? []) };
  for (const subject of subjects) {
    const known = new Set(
      (await evidence.recorded({ repository, digest: subject.digest })).map(({ bundle }) => bundle),
    );
    const items: EvidenceToAttach[] = [];
    for (const { github } of places)
      for (const bundle of await attestations.attestationsOf(github, subject.digest)) {
        const digest = sha256(bundle);
        if (known.has(digest)) continue;
        known.add(digest);
        const verified = await verifier.verify(bundle, subject.digest, trusted);
        if (verified.outcome === 'rejected') continue;
        const created = verified.proof?.times[0]?.at ?? now().toISOString();
        items.push({ subject, predicateType: verified.statement.predicateType, bundle, created });
      }
    if (items.length > 0) await desk.attach(repository, items);
  }
}
