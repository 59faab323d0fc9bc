/** One attached bundle as a record: verified under the policy's keys and ours, with what it establishes; or why it counts for nothing. */
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { speaksForBuilder } from '../../domain/policy/speaks-for-builder.ts';
import type { EvidenceBook } from '../../domain/policy/verdict-book.ts';
import type { SignedBytesBy } from '../../domain/trust/dual-signatures.ts';
import {
  type BundleVerification,
  type BundleVerifier,
  type EvidenceRecord,
  identityName,
  type ProvenanceFacts,
  type RejectionCode,
  type SignerIdentity,
  type TrustedKeys,
  type VerificationProof,
} from '../../domain/trust/evidence.ts';
import type { AttachedEvidence, EvidenceDesk } from '../../domain/trust/evidence-desk.ts';
import { evidenceOrigin } from '../../domain/trust/evidence-origin.ts';
import type { NotationVerification, NotationVerifier } from '../../domain/trust/notation/notation-verifier.ts';
import { readReportFacts } from '../../domain/trust/read-report-facts.ts';
import { readTestFacts } from '../../domain/trust/read-test-facts.ts';
import type { CertificateIdentity, KeyRing, StatementSigner } from '../../domain/trust/signer.ts';
import { supportedLevel } from '../../domain/trust/slsa/assess-build-level.ts';
import { checkSigner, contradictsCertificate } from '../../domain/trust/slsa/check-signer.ts';
import type { Statement } from '../../domain/trust/statement.ts';
import type { EvidenceMemory } from './evidence-memory.ts';
import { examineEnvelope } from './examine-envelope.ts';

export interface ExamineDependencies {
  readonly desk: EvidenceDesk;
  readonly evidence: EvidenceBook;
  readonly keys: KeyRing<StatementSigner>;
  /** Whom our certificates name, as it is configured now. */
  readonly ownIdentities: readonly CertificateIdentity[];
  readonly verifier: BundleVerifier;
  readonly readProvenance: (statement: Statement) => ProvenanceFacts | undefined;
  readonly memory: EvidenceMemory;
  readonly notation: NotationVerifier;
  readonly now: () => Date;
}

export interface Examiner {
  /** Which keys these are. */
  readonly keySet: string;
  /** Undefined where there is nothing to record. */
  examine(attached: AttachedEvidence, subject: Digest): Promise<EvidenceRecord | undefined>;
  /** What a bundle says, once more, where it verifies as of the same signer as `record` does. */
  statement(attached: AttachedEvidence, record: EvidenceRecord): Promise<Statement | undefined>;
  /** What this process verified itself under these keys, earlier. */
  recall(manifest: Digest, subject: Digest): EvidenceRecord | undefined;
}

/**
 * Who committed is believed of a builder alone, under the key of its signer: any other signer could name somebody else, and so
 * make the committer look like a person who may approve.
 */
function factsOf(
  policy: Policy,
  identity: SignerIdentity,
  facts: ProvenanceFacts | undefined,
): ProvenanceFacts | undefined {
  if (facts?.committers === undefined || speaksForBuilder(policy, identity, facts.builderId)) return facts;
  const { committers: _, ...rest } = facts;
  return rest;
}

/** The earliest of the times that are proven: the signature existed by then. */
function provenTime(proof: VerificationProof | undefined): { readonly signedAt?: string } {
  const [earliest] = (proof?.times ?? []).map(({ at }) => at).sort();
  return earliest === undefined ? {} : { signedAt: earliest };
}

/** A provenance beside the certificate it was signed with: what that says too, or that both cannot be right. */
function besideCertificate(
  facts: ProvenanceFacts,
  identity: SignerIdentity,
  proof: VerificationProof | undefined,
): { readonly contradiction: string } | { readonly contradiction?: undefined; readonly facts: ProvenanceFacts } {
  const { sourceRepository: repository, commit, ref } = facts;
  const contradiction = contradictsCertificate({ repository, commit, ref }, proof);
  if (contradiction !== undefined) return { contradiction };
  const { levelLimits = [] } = facts;
  const spoken = checkSigner(identity, { builderId: facts.builderId, limits: levelLimits }, proof);
  if (spoken.length === 0) return { facts };
  const limits = [...levelLimits, ...spoken];
  return { facts: { ...facts, slsaBuildLevel: supportedLevel({ limits }), levelLimits: limits } };
}

/** A bundle or an envelope, as far as records go. */
type Read =
  | {
      readonly outcome: 'verified';
      readonly identity: SignerIdentity;
      readonly predicateType: string;
      readonly proof: VerificationProof | undefined;
      readonly statement: Statement | undefined;
      readonly signed: SignedBytesBy | undefined;
      readonly ends: { readonly validUntil?: string };
    }
  | Extract<BundleVerification, { outcome: 'rejected' }>;

function readBundle(result: BundleVerification): Read {
  if (result.outcome === 'rejected') return result;
  const { statement, identity, proof, signed } = result;
  return { outcome: 'verified', identity, predicateType: statement.predicateType, proof, statement, signed, ends: {} };
}

function readEnvelope(result: NotationVerification): Read {
  if (result.outcome === 'rejected') return result;
  const { identity, proof, validUntil } = result;
  const ends = validUntil === undefined ? {} : { validUntil };
  return {
    outcome: 'verified',
    identity,
    predicateType: mediaTypes.notationSignature,
    proof,
    statement: undefined,
    signed: undefined,
    ends,
  };
}

/** With the keys in force now. Own keys are those the database remembers and those that are held: deleting a row makes none foreign. */
export async function openExaminer(deps: ExamineDependencies, policy: Policy): Promise<Examiner> {
  const { evidence, keys, ownIdentities, verifier, readProvenance, memory, notation, now } = deps;
  const own = [...(await evidence.ownKeys()), ...(await keys.held())];
  const trusted: TrustedKeys = {
    keys: [
      ...policy.document.signers.flatMap(({ publicKey }) => publicKey ?? []),
      ...own.map((key) => key.publicKeyPem),
    ],
  };
  const ownNames = new Set([
    ...own.map(({ keyId }) => identityName({ kind: 'key', keyId })),
    ...ownIdentities.map(identityName),
    ...(await evidence.ownIdentities()),
  ]);
  // What is our own is only ever added to: its number says which it is.
  const keySet = [policy.digest, ownNames.size, verifier.trust()].filter((part) => part !== '').join('/');
  const place = (manifest: Digest, subject: Digest) => `${keySet} ${subject} ${manifest}`;
  return {
    keySet,
    recall: (manifest, subject) => memory.recall(place(manifest, subject)),
    async statement(attached, { subject, verification }) {
      if (attached.kind !== 'bundle' || verification.outcome === 'rejected') return undefined;
      const result = await verifier.verify(attached.bytes, subject, trusted);
      const isSame =
        result.outcome === 'verified' && identityName(result.identity) === identityName(verification.identity);
      return isSame ? result.statement : undefined;
    },
    async examine(attached, subject) {
      // What is about something else is that one's evidence: recorded here, it would be in the way there.
      if (attached.kind === 'truncated' || attached.kind === 'misplaced') return undefined;
      const base = { manifest: attached.manifest, subject };
      if (attached.kind === 'unreadable')
        return {
          ...base,
          bundle: attached.manifest,
          predicateType: 'unreadable',
          origin: 'foreign',
          verification: { outcome: 'rejected', code: attached.code ?? 'BUNDLE_MALFORMED', reason: attached.reason },
        };
      const { bundle } = attached;
      const read =
        attached.kind === 'envelope'
          ? readEnvelope(examineEnvelope(notation, policy, attached, { digest: subject }, now()))
          : readBundle(await verifier.verify(attached.bytes, subject, trusted));
      const rejected = (type: string, code: RejectionCode, reason: string): EvidenceRecord => ({
        ...base,
        bundle,
        predicateType: type,
        origin: 'foreign',
        verification: { outcome: 'rejected', code, reason },
        triedKeys: keySet,
      });
      if (read.outcome === 'rejected') return rejected('unverified', read.code, read.reason);
      const { identity, predicateType, ends, proof, statement, signed } = read;
      const said = statement && readProvenance(statement);
      const held = said && besideCertificate(said, identity, proof);
      if (held?.contradiction !== undefined)
        return rejected(predicateType, 'PROVENANCE_CONTRADICTED', held.contradiction);
      const provenance = factsOf(policy, identity, held?.facts);
      const tests = statement && readTestFacts(statement);
      const origin = evidenceOrigin(identity, ownNames);
      // A report of ours is not read again: it is no second opinion.
      const report = origin === 'foreign' && statement ? readReportFacts(statement) : undefined;
      const record: EvidenceRecord = {
        ...base,
        bundle,
        predicateType,
        origin,
        verification: {
          ...{ outcome: 'verified', identity },
          ...provenTime(proof),
          ...ends,
          ...(signed === undefined ? {} : { signed }),
        },
        ...(identity.kind === 'x509' ? { triedKeys: keySet } : {}),
        ...(provenance === undefined ? {} : { provenance }),
        ...(tests === undefined ? {} : { tests }),
        ...(report === undefined ? {} : { report }),
      };
      memory.keep(place(attached.manifest, subject), record);
      return record;
    },
  };
}
