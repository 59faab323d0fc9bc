/** Signing what was judged, once per step, and attaching it where the registry proves it is there. */

import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Confirm } from '../../domain/artifact/registry.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Sha256 } from '../../domain/policy/policy.ts';
import type { EvidenceBook, SignedBundle } from '../../domain/policy/verdict-book.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import type { SignedBytesBy } from '../../domain/trust/dual-signatures.ts';
import {
  type BundleVerifier,
  type EvidenceRecord,
  identityName,
  type SignerIdentity,
} from '../../domain/trust/evidence.ts';
import type { EvidenceDesk, EvidenceToAttach, EvidenceToCopy } from '../../domain/trust/evidence-desk.ts';
import { type BundleSigner, type StatementSigner, signerId } from '../../domain/trust/signer.ts';
import { SigningError } from '../../domain/trust/signing-error.ts';
import { predicateTypes, type Statement } from '../../domain/trust/statement.ts';
import { OUTLIVED } from './outlived.ts';
import { signTwins } from './sign-twins.ts';
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
  readonly signer: StatementSigner;
  readonly statement: () => Promise<Statement>;
  /** Whether what was signed for this step before says what would be signed now, times apart; without it, its type decides. */
  readonly isStill?: (kept: Statement) => boolean;
}

/** Of a statement that is made already: what was signed for its step before counts where it says the same, by `said`. */
export function sayingTheSame(
  statement: Statement,
  said: (one: Statement) => string,
): Required<Pick<Publication, 'statement' | 'isStill'>> {
  const now = said(statement);
  return { statement: async () => statement, isStill: (kept) => said(kept) === now };
}

/** Signed and ready to be attached, under the digest its manifest will have. */
export interface Signed extends EvidenceToAttach {
  readonly identity: SignerIdentity;
  readonly manifest: Digest;
  /** Of one of two signatures over the same bytes: which, and over what. */
  readonly signed?: SignedBytesBy;
}

/** Signs what was not signed before, in order, what is signed twice once more at the end; nothing is attached yet. */
export async function signAll(deps: PublishDependencies, publications: readonly Publication[]): Promise<Signed[]> {
  const { evidence, bundles, sha256, desk } = deps;
  const steps = publications.map(({ step, subject, signer }) => ({
    step: sha256(new TextEncoder().encode(canonicalJson([subject.digest, ...step]))),
    keyId: signerId(signer),
  }));
  const before = await evidence.signed(steps);
  const signed: SignedBundle[] = [];
  const unsigned: number[] = [];
  const outlived = new Map<number, Uint8Array>();
  for (const [position, publication] of publications.entries()) {
    const kept = before[position];
    if (kept === undefined) unsigned.push(position);
    else if ((await checkKept(deps, publication, kept.bundle)) === 'stands') signed[position] = kept;
    else {
      unsigned.push(position);
      outlived.set(position, kept.bundle);
    }
  }
  const { made, failure } = await signEach(bundles, publications, unsigned);
  for (const { position } of made) {
    const bundle = outlived.get(position);
    if (bundle !== undefined) await evidence.forget({ ...at(steps, position), bundle });
  }
  const kept = await evidence.keep(made.map(({ position, bundle }) => ({ ...at(steps, position), bundle })));
  for (const [index, { position }] of made.entries()) signed[position] = at(kept, index);
  // What was signed is kept: the next try signs the rest.
  if (failure !== undefined) throw failure.error;
  const items = publications.map(({ step, subject, signer }, position): Signed => {
    const { bundle, signedAt: created } = at(signed, position);
    const mayBeThere = before[position] !== undefined && !outlived.has(position);
    const item = { subject, predicateType: String(step[0]), bundle, created, mayBeThere };
    return { ...item, identity: identityOf(signer), manifest: desk.manifestOf(item) };
  });
  return signTwins(
    deps,
    items.map((item, position) => ({ item, signer: at(publications, position).signer })),
  );
}

/** Witnesses take their time; each statement may have megabytes. */
const AT_ONCE = 8;

/** In order, and to the end or to the first failure. */
async function signEach(bundles: BundleSigner, publications: readonly Publication[], positions: readonly number[]) {
  const made: { readonly position: number; readonly bundle: Uint8Array }[] = [];
  for (let from = 0; from < positions.length; from += AT_ONCE) {
    const some = positions.slice(from, from + AT_ONCE);
    const results = await Promise.allSettled(
      some.map(async (position) => {
        const { statement, signer } = at(publications, position);
        return { position, bundle: await bundles.sign(await statement(), signer) };
      }),
    );
    for (const result of results) if (result.status === 'fulfilled') made.push(result.value);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) return { made, failure: { error: failed.reason as unknown } };
  }
  return { made, failure: undefined };
}

function at<T>(list: readonly T[], position: number): T {
  const found = list[position];
  if (found === undefined) throw new Error('the book of evidence lost a signature');
  return found;
}

/**
 * Attaches in one go, so that the list of referrers of each subject is written once, `unlisted` evidence that is there along with
 * it, and records it.
 */
export async function attachAll(
  deps: PublishDependencies,
  repository: string,
  items: readonly Signed[],
  confirm: Confirm = 'now',
  unlisted: readonly EvidenceToCopy[] = [],
): Promise<Digest[]> {
  await reach('evidence.signed', repository);
  const attached = await deps.desk.attach(repository, items, confirm, unlisted);
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
      verification: {
        ...{ outcome: 'verified', identity: item.identity },
        ...(item.signed === undefined ? {} : { signed: item.signed }),
      },
    };
  });
  await deps.evidence.record(repository, records);
  return records.map((record) => record.manifest);
}

function identityOf(signer: StatementSigner): SignerIdentity {
  return 'identity' in signer ? signer.identity : { kind: 'key', keyId: signer.keyId };
}

/**
 * A stored bundle goes out under our name: it must be of this signer, about this subject, and say what we would say. `outlived`:
 * nobody verifies it under the trusted root in force, and it is signed anew. Throws a SigningError while there is none.
 */
async function checkKept(
  { verifier }: PublishDependencies,
  { step, subject, signer, isStill }: Publication,
  bundle: Uint8Array,
): Promise<'stands' | 'outlived'> {
  const predicateType = String(step[0]);
  const keys = 'identity' in signer ? [] : [signer.publicKeyPem];
  const kept = await verifier.verify(bundle, subject.digest, { keys });
  if ('identity' in signer && kept.outcome === 'rejected') {
    if (OUTLIVED.has(kept.code)) return 'outlived';
    if (kept.code === 'BUNDLE_UNSUPPORTED' && verifier.trust() === '')
      throw new SigningError('signing waits: no trusted root is in force to verify with what was signed before', {
        reason: 'BUNDLE_UNVERIFIED',
      });
  }
  const stands =
    kept.outcome === 'verified' &&
    identityName(kept.identity) === identityName(identityOf(signer)) &&
    kept.statement.subject.length === 1 &&
    // A document too large to embed is signed by reference.
    (kept.statement.predicateType === predicateType || kept.statement.predicateType === predicateTypes.reference) &&
    (isStill === undefined || isStill(kept.statement));
  if (!stands)
    throw new TrustError(
      'KEPT_STATEMENT_FORGED',
      `what is stored as signed for ${subject.digest} (${predicateType}) is not what was signed: somebody wrote to the table signed_statement`,
    );
  return 'stands';
}
