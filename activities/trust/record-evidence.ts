import type { Digest } from '../../domain/artifact/digest.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { EvidenceBook } from '../../domain/policy/verdict-book.ts';
import type { BundleVerifier, EvidenceRecord, ProvenanceFacts, TrustedKeys } from '../../domain/trust/evidence.ts';
import type { AttachedEvidence, EvidenceDesk } from '../../domain/trust/evidence-desk.ts';
import { evidenceOrigin } from '../../domain/trust/evidence-origin.ts';
import type { Statement } from '../../domain/trust/statement.ts';

/** New referrers looked at per subject and run: a flood of foreign ones costs bounded time and hides nothing recorded. */
const REFERRERS_PER_RUN = 1000;

export interface RecordEvidenceDependencies {
  readonly desk: EvidenceDesk;
  readonly evidence: EvidenceBook;
  readonly verifier: BundleVerifier;
  readonly readProvenance: (statement: Statement) => ProvenanceFacts | undefined;
}

/**
 * Reads what is attached to each subject, verifies what is not yet verified, and records it with the facts it establishes.
 * Runs before anything of ours is attached, so that foreign evidence is known by digest first.
 */
export async function recordEvidence(
  deps: RecordEvidenceDependencies,
  policy: Policy,
  repository: string,
  subjects: readonly Digest[],
): Promise<number> {
  const own = await deps.evidence.ownKeys();
  const trusted: TrustedKeys = {
    keys: [...policy.document.signers.map((signer) => signer.publicKey), ...own.map((key) => key.publicKeyPem)],
  };
  const ownKeyIds = new Set(own.map((key) => key.keyId));
  let recorded = 0;
  for (const subject of subjects) {
    const before = await deps.evidence.recorded({ repository, digest: subject });
    const known = new Set(
      before.filter((record) => record.verification.outcome === 'verified').map((record) => record.manifest),
    );
    const records: EvidenceRecord[] = [];
    for await (const attached of deps.desk.read(repository, subject, { limit: REFERRERS_PER_RUN, known })) {
      const record = await examine(deps, attached, subject, trusted, ownKeyIds);
      if (record !== undefined) records.push(record);
    }
    await deps.evidence.record(repository, records);
    recorded += records.length;
  }
  return recorded;
}

async function examine(
  { verifier, readProvenance }: RecordEvidenceDependencies,
  attached: AttachedEvidence,
  subject: Digest,
  trusted: TrustedKeys,
  ownKeyIds: ReadonlySet<string>,
): Promise<EvidenceRecord | undefined> {
  switch (attached.kind) {
    case 'truncated':
      return undefined;
    case 'unreadable':
      return {
        manifest: attached.manifest,
        bundle: attached.manifest,
        subject,
        predicateType: 'unreadable',
        origin: 'foreign',
        verification: { outcome: 'rejected', code: 'BUNDLE_MALFORMED', reason: attached.reason },
      };
    case 'bundle': {
      const { manifest, bundle } = attached;
      const verified = await verifier.verify(attached.bytes, subject, trusted);
      if (verified.outcome === 'rejected')
        return {
          manifest,
          bundle,
          subject,
          predicateType: 'unverified',
          origin: 'foreign',
          verification: { outcome: 'rejected', code: verified.code, reason: verified.reason },
        };
      const provenance = readProvenance(verified.statement);
      return {
        manifest,
        bundle,
        subject,
        predicateType: verified.statement.predicateType,
        origin: evidenceOrigin(verified.identity, ownKeyIds),
        verification: { outcome: 'verified', identity: verified.identity },
        ...(provenance === undefined ? {} : { provenance }),
      };
    }
  }
}
