/** Signing what was judged, once per step, and attaching it where the registry proves it is there. */

import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Confirm } from '../../domain/artifact/registry.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Sha256 } from '../../domain/policy/policy.ts';
import type { EvidenceBook, SignedBundle } from '../../domain/policy/verdict-book.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import type { BundleVerifier, EvidenceRecord } from '../../domain/trust/evidence.ts';
import type { EvidenceDesk, EvidenceToAttach } from '../../domain/trust/evidence-desk.ts';
import type { BundleSigner, Signer } from '../../domain/trust/signer.ts';
import { predicateTypes, type Statement } from '../../domain/trust/statement.ts';
import { TrustError } from './trust-error.ts';

export interface PublishDependencies {
  readonly desk: EvidenceDesk;
  readonly evidence: EvidenceBook;
  readonly bundles: BundleSigner;
  readonly verifier: BundleVerifier;
  readonly sha256: Sha256;
}

/** One statement to sign. `step` is its business key: the same step signs once, whatever times are in the statement. */
export interface Publication {
  readonly step: readonly (string | number)[];
  readonly subject: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
  readonly signer: Signer;
  readonly statement: () => Promise<Statement>;
  /** Whether what was signed for this step before says what would be signed now, times apart; without it, its type decides. */
  readonly isStill?: (kept: Statement) => boolean;
}

/** Signed and ready to be attached, under the digest its manifest will have. */
export interface Signed extends EvidenceToAttach {
  readonly keyId: string;
  readonly manifest: Digest;
}

/** Signs what was not signed before, in order; nothing is attached yet. */
export async function signAll(deps: PublishDependencies, publications: readonly Publication[]): Promise<Signed[]> {
  const { evidence, bundles, sha256, desk } = deps;
  const steps = publications.map(({ step, subject, signer }) => ({
    step: sha256(new TextEncoder().encode(canonicalJson([subject.digest, ...step]))),
    keyId: signer.keyId,
  }));
  const before = await evidence.signed(steps);
  const signed: SignedBundle[] = [];
  const made: { readonly position: number; readonly bundle: Uint8Array }[] = [];
  for (const [position, publication] of publications.entries()) {
    const kept = before[position];
    if (kept === undefined)
      made.push({ position, bundle: await bundles.sign(await publication.statement(), publication.signer) });
    else {
      await checkKept(deps, publication, kept.bundle);
      signed[position] = kept;
    }
  }
  const kept = await evidence.keep(made.map(({ position, bundle }) => ({ ...at(steps, position), bundle })));
  for (const [index, { position }] of made.entries()) signed[position] = at(kept, index);
  return publications.map(({ step, subject, signer }, position) => {
    const { bundle, signedAt: created } = at(signed, position);
    const item = { subject, predicateType: String(step[0]), bundle, created };
    return { ...item, keyId: signer.keyId, manifest: desk.manifestOf(item) };
  });
}

function at<T>(list: readonly T[], position: number): T {
  const found = list[position];
  if (found === undefined) throw new Error('the book of evidence lost a signature');
  return found;
}

/** Attaches in one go, so that the list of referrers of each subject is written once, and records it. */
export async function attachAll(
  deps: PublishDependencies,
  repository: string,
  items: readonly Signed[],
  confirm: Confirm = 'now',
): Promise<Digest[]> {
  await reach('evidence.signed', repository);
  const attached = await deps.desk.attach(repository, items, confirm);
  await reach('evidence.attached', repository);
  const records = items.map((item, position): EvidenceRecord => {
    const at = attached[position];
    if (at === undefined) throw new Error('the evidence desk lost an attachment');
    return {
      manifest: at.manifest,
      bundle: at.bundle,
      subject: item.subject.digest,
      predicateType: item.predicateType,
      origin: 'own',
      verification: { outcome: 'verified', identity: { kind: 'key', keyId: item.keyId } },
    };
  });
  await deps.evidence.record(repository, records);
  return records.map((record) => record.manifest);
}

/** A stored bundle goes out under our name: it must be of this key, about this subject, and say what we would say. */
async function checkKept(
  { verifier }: PublishDependencies,
  { step, subject, signer, isStill }: Publication,
  bundle: Uint8Array,
): Promise<void> {
  const predicateType = String(step[0]);
  const kept = await verifier.verify(bundle, subject.digest, { keys: [signer.publicKeyPem] });
  const stands =
    kept.outcome === 'verified' &&
    kept.statement.subject.length === 1 &&
    // A document too large to embed is signed by reference.
    (kept.statement.predicateType === predicateType || kept.statement.predicateType === predicateTypes.reference) &&
    (isStill === undefined || isStill(kept.statement));
  if (!stands)
    throw new TrustError(
      'KEPT_STATEMENT_FORGED',
      `what is stored as signed for ${subject.digest} (${predicateType}) is not what was signed: somebody wrote to the table signed_statement`,
    );
}
