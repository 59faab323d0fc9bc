/** Notation's verification (specifications, trust-store-trust-policy.md, "Signature verification"; notation-go, verifier.go), offline. */
import type { RejectionCode, SignerIdentity } from '../../domain/trust/evidence.ts';
import { formatDistinguishedName, includesName } from '../../domain/trust/notation/distinguished-name.ts';
import { NotationError } from '../../domain/trust/notation/notation-error.ts';
import type {
  AttachedEnvelope,
  NotationSubject,
  NotationTrust,
  NotationVerification,
  NotationVerifier,
  RevocationFile,
  RevocationQuestion,
} from '../../domain/trust/notation/notation-verifier.ts';
import type { Validation } from '../../domain/trust/notation/trust-policy.ts';
import { maxBundleBytes, readJson } from '../sigstore/open-bundle.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { chainProblem } from './certificate-chain.ts';
import { readCoseEnvelope } from './cose-envelope.ts';
import { readJwsEnvelope } from './jws-envelope.ts';
import { readOcspAnswer } from './ocsp-answer.ts';
import { readCertificates } from './read-certificates.ts';
import { readRevocationList } from './revocation-list.ts';
import { type RevocationWitness, revocationState } from './revocation-state.ts';
import {
  EnvelopeError,
  envelopeTypes,
  readTarget,
  type SignatureEnvelope,
  verifyEnvelopeSignature,
} from './signature-envelope.ts';
import { verifyTimestampToken } from './timestamp-token.ts';

interface Problem {
  readonly code: RejectionCode;
  readonly reason: string;
}

/** One step: the validation it is part of, and what is wrong. */
type Found = {
  readonly validation: Validation;
  readonly problem: Problem | undefined;
  readonly at?: string | undefined;
};

/** What is wrong with these is ours to mend, and says nothing of the signature. */
const OURS: ReadonlySet<string> = new Set([
  'TRUST_STORE_UNREADABLE',
  'REVOCATION_LIST_UNREADABLE',
  'REVOCATION_ANSWER_UNREADABLE',
]);

export function createNotationVerifier(): NotationVerifier {
  return {
    verify(attached, subject, trust, now) {
      try {
        return verifyEnvelope(readEnvelope(attached), subject, trust, now);
      } catch (error) {
        if (error instanceof EnvelopeError) return { outcome: 'rejected', code: error.code, reason: error.message };
        if (error instanceof NotationError && OURS.has(error.code)) throw error;
        return { outcome: 'rejected', code: 'BUNDLE_MALFORMED', reason: 'a certificate in it cannot be read' };
      }
    },
  };
}

function readEnvelope({ mediaType, bytes }: AttachedEnvelope): SignatureEnvelope {
  if (bytes.length > maxBundleBytes)
    throw new EnvelopeError('BUNDLE_TOO_LARGE', `it has ${bytes.length} bytes; at most ${maxBundleBytes} are read`);
  if (mediaType === envelopeTypes.jws) return readJwsEnvelope(bytes);
  if (mediaType === envelopeTypes.cose) return readCoseEnvelope(bytes);
  throw new EnvelopeError('BUNDLE_UNSUPPORTED', `signatures are ${Object.values(envelopeTypes).join(' or ')}`);
}

function verifyEnvelope(
  envelope: SignatureEnvelope,
  subject: NotationSubject,
  trust: NotationTrust,
  now: Date,
): NotationVerification {
  const chain = envelope.chain.map((der) => readCertificate(der));
  const [leaf] = chain;
  if (leaf === undefined || !verifyEnvelopeSignature(envelope, leaf.x509.publicKey))
    throw new EnvelopeError('SIGNATURE_INVALID', 'the signature is not of these bytes by the certificate in it');
  const broken = chainProblem(chain, 'code signing');
  if (broken !== undefined) throw new EnvelopeError('CERTIFICATE_INVALID', `of its chain ${broken}`);
  checkSubject(envelope, subject);
  const { actions, identities } = trust.policy;
  const authenticity = authenticityOf(envelope, chain, leaf, trust, identities);
  const time = timeOf(envelope, chain, trust, now);
  const revocation = revocationOf(chain, time, trust, now);
  const steps: Found[] = [
    authenticity,
    { validation: 'expiry', problem: expiryProblem(envelope, now) },
    time,
    { validation: 'revocation', problem: revocation.problem },
  ];
  const failed = steps.filter((step) => step.problem !== undefined && actions[step.validation] !== 'skip');
  const enforced = failed.find(({ validation }) => actions[validation] === 'enforce')?.problem;
  // Addresses in a certificate are those of an authority that is trusted, or nobody's.
  const asks = authenticity.problem === undefined && (enforced === undefined || enforced === revocation.problem);
  const open = asks && revocation.questions.length > 0 ? { questions: revocation.questions } : {};
  if (enforced !== undefined) return { outcome: 'rejected', ...enforced, ...open };
  const { at } = time;
  const ends = [
    ...(envelope.expiry === undefined || actions.expiry !== 'enforce' ? [] : [envelope.expiry]),
    ...(at !== undefined || actions.authenticTimestamp !== 'enforce' ? [] : chain.map(({ notAfter }) => notAfter)),
  ].sort((a, b) => a.getTime() - b.getTime());
  return {
    outcome: 'verified',
    identity: authenticity.identity,
    ...(at === undefined ? {} : { proof: { times: [{ at, by: time.by }], logs: [] } }),
    ...(ends[0] === undefined ? {} : { validUntil: ends[0].toISOString() }),
    logged: failed.flatMap(({ problem }) => problem ?? []),
    ...open,
  };
}

function checkSubject({ payload }: SignatureEnvelope, subject: NotationSubject): void {
  const json = readJson(payload);
  if (json?.ambiguity !== undefined)
    throw new EnvelopeError(
      'STATEMENT_MALFORMED',
      `two readers may not read the same from its payload: ${json.ambiguity}`,
    );
  const target = readTarget(json?.value);
  if (target === undefined) throw new EnvelopeError('STATEMENT_MALFORMED', 'its payload names no artifact');
  const differs =
    target.digest !== subject.digest ||
    (subject.mediaType !== undefined && target.mediaType !== subject.mediaType) ||
    (subject.size !== undefined && target.size !== subject.size);
  if (differs) throw new EnvelopeError('SUBJECT_MISMATCH', `it is about another artifact, not ${subject.digest}`);
}

function authenticityOf(
  { scheme }: SignatureEnvelope,
  chain: readonly Certificate[],
  leaf: Certificate,
  { stores }: NotationTrust,
  identities: NotationTrust['policy']['identities'],
): Found & { readonly identity: Extract<SignerIdentity, { kind: 'x509' }> } {
  const texts = scheme === 'notary.x509' ? stores.ca : stores.signingAuthority;
  const trusted = new Set(texts.flatMap((text) => trustedThumbprints(text)));
  const anchor = chain.find(({ thumbprint }) => trusted.has(thumbprint));
  const root = (anchor ?? chain.at(-1) ?? leaf).thumbprint;
  const described = describeSubject(leaf);
  const identity = { kind: 'x509', subject: described.text, root, keyId: leaf.keyId } as const;
  const found = (problem: Problem | undefined) => ({ validation: 'authenticity' as const, problem, identity });
  if (trusted.size === 0)
    return found({
      code: 'KEYRING_EMPTY',
      reason: `no ${scheme === 'notary.x509' ? 'ca' : 'signingAuthority'} trust store is named for it, so that nobody is trusted`,
    });
  if (anchor === undefined)
    return found({ code: 'SIGNER_UNKNOWN', reason: 'no certificate of its chain is in a trust store' });
  if (identities === undefined) return found(undefined);
  const { name } = described;
  if (name === undefined) return found({ code: 'IDENTITY_MISMATCH', reason: described.text });
  return found(
    identities.some((wanted) => includesName(name, wanted))
      ? undefined
      : { code: 'IDENTITY_MISMATCH', reason: `its certificate is for ${described.text}, which is no trusted identity` },
  );
}

/** Parsed once: stores are read again and again. */
const thumbprints = new Map<string, readonly string[]>();
const REMEMBERED_STORES = 1000;

function trustedThumbprints(pem: string): readonly string[] {
  const known = thumbprints.get(pem);
  if (known !== undefined) return known;
  const read = readCertificates(pem, 'trust store', 'TRUST_STORE_UNREADABLE').map(({ thumbprint }) => thumbprint);
  if (thumbprints.size >= REMEMBERED_STORES) thumbprints.clear();
  thumbprints.set(pem, read);
  return read;
}

function describeSubject(leaf: Certificate) {
  try {
    const name = leaf.subject();
    return { name, text: formatDistinguishedName(name) };
  } catch (error) {
    if (!(error instanceof NotationError)) throw error;
    return { name: undefined, text: error.message };
  }
}

function expiryProblem({ expiry }: SignatureEnvelope, now: Date): Problem | undefined {
  if (expiry === undefined || now < expiry) return undefined;
  return { code: 'SIGNATURE_EXPIRED', reason: `it was meant to count until ${expiry.toISOString()} only` };
}

interface FoundTime extends Found {
  readonly by: 'timestamp-authority' | 'signing-authority';
  /** Of the timestamp authority that was asked. */
  readonly authority: readonly Certificate[];
}

function timeOf(
  envelope: SignatureEnvelope,
  chain: readonly Certificate[],
  trust: NotationTrust,
  now: Date,
): FoundTime {
  const found = (problem: Problem | undefined, more: Partial<FoundTime> = {}): FoundTime => ({
    validation: 'authenticTimestamp',
    problem,
    by: 'timestamp-authority',
    authority: [],
    ...more,
  });
  if (envelope.scheme === 'notary.x509.signingAuthority') {
    const at = envelope.signingTime;
    return found(outsideProblem(chain, at, 0, 'the signing authority signed it'), {
      at: at.toISOString(),
      by: 'signing-authority',
    });
  }
  const { tsa } = trust.stores;
  const isExpired = chain.some(({ notAfter }) => now > notAfter);
  if (tsa === undefined || (trust.policy.verifyTimestamp === 'afterCertExpiry' && !isExpired))
    return found(outsideProblem(chain, now, 0, 'it is verified'));
  if (envelope.timestamp === undefined)
    return found({
      code: 'TIMESTAMP_MISSING',
      reason: 'it has no timestamp, and the trust policy names who makes them',
    });
  const roots = tsa.flatMap((text) => readCertificates(text, 'trust store', 'TRUST_STORE_UNREADABLE'));
  const read = verifyTimestampToken(envelope.timestamp, envelope.signature, roots);
  if (read.outcome === 'rejected')
    return found({ code: 'TIMESTAMP_INVALID', reason: `its timestamp does not count: ${read.reason}` });
  return found(outsideProblem(chain, read.at, read.accuracy, 'its timestamp was made'), {
    at: read.at.toISOString(),
    authority: read.chain,
  });
}

function outsideProblem(chain: readonly Certificate[], at: Date, accuracy: number, what: string): Problem | undefined {
  for (const { notBefore, notAfter, label } of chain) {
    const range = `${label} is valid from ${notBefore.toISOString()} to ${notAfter.toISOString()}, and ${what} at ${at.toISOString()}`;
    if (at.getTime() - accuracy < notBefore.getTime()) return { code: 'TIMESTAMP_OUTSIDE_CERTIFICATE', reason: range };
    if (at.getTime() + accuracy > notAfter.getTime()) return { code: 'CERTIFICATE_EXPIRED', reason: range };
  }
  return undefined;
}

/** Parsed once: they are long, and the same for every signature. */
const readFiles = new WeakMap<RevocationFile, RevocationWitness>();

function witnessesOf({ revocation }: NotationTrust): RevocationWitness[] {
  const read = (file: RevocationFile, parse: (file: RevocationFile) => RevocationWitness) => {
    const witness = readFiles.get(file) ?? parse(file);
    readFiles.set(file, witness);
    return witness;
  };
  const { lists = [], answers = [] } = revocation ?? {};
  return [...lists.map((file) => read(file, readRevocationList)), ...answers.map((file) => read(file, readOcspAnswer))];
}

/**
 * Nobody is asked here: what was given says what is revoked. A certificate that says whom to ask, and that nothing given is about,
 * is of unknown state; one that does not cannot be revoked, as Notation has it. Roots are in or out of a trust store.
 */
function revocationOf(
  chain: readonly Certificate[],
  { at, authority, by }: Pick<FoundTime, 'at' | 'authority' | 'by'>,
  trust: NotationTrust,
  now: Date,
): { readonly problem: Problem | undefined; readonly questions: readonly RevocationQuestion[] } {
  if (trust.policy.actions.revocation === 'skip') return { problem: undefined, questions: [] };
  const witnesses = witnessesOf(trust);
  let unknown: Problem | undefined;
  const questions: RevocationQuestion[] = [];
  // When an authority signed it says itself: whoever has its key says what they like.
  const isWitnessed = at !== undefined && by === 'timestamp-authority';
  const chains = [
    { certificates: chain, signedAt: isWitnessed ? new Date(at) : undefined },
    { certificates: authority, signedAt: undefined },
  ];
  for (const { certificates, signedAt } of chains)
    for (const [position, certificate] of certificates.entries()) {
      const issuer = certificates[position + 1];
      const { label, revocation } = certificate;
      if (issuer === undefined && revocation === undefined) continue;
      const found = revocationState(certificate, issuer ?? certificate, witnesses, { now, signedAt });
      if (found.state === 'revoked')
        return {
          problem: { code: 'CERTIFICATE_REVOKED', reason: `${label} is revoked, as ${found.by} says` },
          questions: [],
        };
      if (found.state === 'good' || revocation === undefined) continue;
      questions.push({ certificate: certificate.x509.raw, issuer: (issuer ?? certificate).x509.raw, ...revocation });
      unknown ??= {
        code: 'REVOCATION_UNKNOWN',
        reason: `${label} names who says whether it is revoked, and ${found.why}: give the list of its issuer, or set "override": {"revocation": "log"} or "skip"`,
      };
    }
  return { problem: unknown, questions };
}
