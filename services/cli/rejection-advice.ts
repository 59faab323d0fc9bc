/** What somebody who finds their evidence refused can do about it: the reason says what is wrong, this what comes next. */
import { ownValue } from '../../domain/own-value.ts';
import type { SummaryProblem } from '../../domain/trust/check-summary.ts';
import type { RejectionCode } from '../../domain/trust/evidence.ts';
import type { CheckedEvidence } from './judge-evidence.ts';

/** Of the command line alone. */
type OwnCode =
  | 'UNREADABLE'
  | 'REFERRER_MISPLACED'
  | 'REFERRERS_TOO_MANY'
  | 'SIGNATURE_POLICY'
  | 'SIGNATURE_MALFORMED'
  | 'SIGNER_REVOKED'
  | 'SIGNER_EXPIRED'
  | 'PROVENANCE_UNREADABLE'
  | 'PROVENANCE_UNEXPECTED'
  | 'BUILD_LEVEL_TOO_LOW'
  | 'DOCUMENT_MISSING'
  | 'DOCUMENT_MISMATCH'
  | SummaryProblem;

const fetchAgain = 'fetch it again from whoever signed it; if it stays so, it was changed after it was made';
const askSigner = 'do not use the artifact before whoever signs it has said why';
const freshRoot = 'check that --trusted-root is of the Sigstore it was signed with, and not old';

const advice: Readonly<Record<Exclude<RejectionCode, 'RECORD_FORGED'> | OwnCode, string>> = {
  BUNDLE_MALFORMED: fetchAgain,
  BUNDLE_TOO_LARGE: 'do not read it with anything else: ask for one bundle a file, with large documents by reference',
  BUNDLE_AMBIGUOUS: `no signer writes this: ${askSigner}`,
  BUNDLE_UNSUPPORTED: 'name the file itself where a file was signed, --trusted-root where a certificate signed',
  ALGORITHM_UNSUPPORTED: 'have it signed again with ECDSA, Ed25519 or RSA from 2048 bits, and SHA-256, -384 or -512',
  KEYRING_EMPTY:
    "name whom you trust: the signer's public key with --key FILE, or for Notation a root in the trust store",
  SIGNATURE_INVALID: `compare the artifact with where it comes from: it, or its signature, was changed; ${askSigner}`,
  SIGNER_UNKNOWN: 'find out whose key or certificate it is; name it only if you trust them for this artifact',
  ISSUER_MISMATCH: 'check --certificate-oidc-issuer; if it is right, somebody else signed this: do not use it',
  IDENTITY_MISMATCH:
    'check --certificate-identity, or trustedIdentities of the trust policy; if it is right, somebody else signed this: do not use it',
  SUBJECT_MISMATCH: 'check that you named the artifact you mean; if you did, it or its evidence was exchanged since',
  STATEMENT_MALFORMED: fetchAgain,
  PROVENANCE_CONTRADICTED: askSigner,
  PROVENANCE_UNREADABLE: fetchAgain,
  PROVENANCE_UNEXPECTED: 'check what you asked for; if it is right, this was not built as you expect: do not use it',
  BUILD_LEVEL_TOO_LOW: 'have it built so that the reason falls away, or ask for less with --build-level',
  SUMMARY_MALFORMED: fetchAgain,
  SUMMARY_FAILED: 'do not use the artifact: ask whoever judged it what failed',
  SUMMARY_OTHER_RESOURCE: 'name the repository it is used in with --resource-uri, or ask for a summary about that one',
  SUMMARY_OTHER_VERIFIER: 'check --verifier-id; if it is right, ask that verifier for a summary',
  SUMMARY_TOO_OLD: 'have it judged again, or allow more with --max-age',
  SUMMARY_FROM_THE_FUTURE: 'set the clock of this machine right, or find out whose is wrong',
  DOCUMENT_MISSING: 'copy the image with its evidence (pratique promote, oras copy -r), or attach the document again',
  DOCUMENT_MISMATCH: `the registry hands out other bytes than were signed: ${askSigner}`,
  CERTIFICATE_INVALID: freshRoot,
  CERTIFICATE_EXPIRED: 'have it signed again: what was signed after the end of a certificate never counts',
  SCT_INVALID: freshRoot,
  TIMESTAMP_MISSING: 'have it signed again with a transparency log or a timestamp authority',
  TIMESTAMP_INVALID: freshRoot,
  TIMESTAMP_OUTSIDE_CERTIFICATE: 'have it signed again, by a machine and an authority whose clocks agree',
  LOG_ENTRY_MISSING: 'have it signed again with a transparency log',
  LOG_ENTRY_MISMATCH: `the log knows of another signature than this: ${askSigner}`,
  LOG_ENTRY_INVALID: freshRoot,
  ATTRIBUTE_CRITICAL: 'verify it with the tool of whoever demands this attribute',
  SIGNATURE_EXPIRED: 'ask for a newer signature',
  CERTIFICATE_REVOKED: 'do not use the artifact: ask its signer for a signature with a new certificate',
  REVOCATION_UNKNOWN: 'try again when the responder answers, or give its list with --notation-crl FILE',
  UNREADABLE: 'delete what is broken from the registry, or copy the image anew with its evidence',
  REFERRER_MISPLACED: 'delete it from the list of referrers: it is evidence about another image',
  REFERRERS_TOO_MANY: 'find out who attached so much and delete it, or name the evidence you mean with --bundle FILE',
  SIGNATURE_POLICY: 'give the key of the other kind with a second --key, or ask for less with --signatures',
  SIGNATURE_MALFORMED: fetchAgain,
  SIGNER_REVOKED: 'do not use the file: ask its signer for a signature with a new key',
  SIGNER_EXPIRED: 'update the keyring from its owner: the key may have been extended; else ask for a new signature',
};

/** What comes next, for a code of evidence that was refused; undefined for those whose reason says it. */
export function rejectionAdvice(code: string): string | undefined {
  return ownValue<string>(advice, code);
}

/** The same evidence, where it was refused with `next`. */
export function withAdvice(checked: readonly CheckedEvidence[]): readonly (CheckedEvidence & { next?: string })[] {
  return checked.map((one) => {
    const next = one.outcome === 'rejected' ? rejectionAdvice(one.code) : undefined;
    return next === undefined ? one : { ...one, next };
  });
}

/** A line for each code among what was refused, and for each type that verified and was not the one wanted; or what to do where there is nothing. */
export function adviceLines(checked: readonly CheckedEvidence[]): string[] {
  const codes = new Set(checked.flatMap((one) => (one.outcome === 'rejected' ? [one.code] : [])));
  const types = new Set(checked.flatMap((one) => (one.outcome === 'other' ? [one.predicateType ?? ''] : [])));
  types.delete('');
  const refused = [...codes].flatMap((code) => {
    const next = rejectionAdvice(code);
    return next === undefined ? [] : [`  ${code}: ${next}`];
  });
  if (checked.length === 0)
    return ['  nothing that could be checked is there: have it signed, or name its evidence with --bundle FILE'];
  return [...refused, ...[...types].map((type) => `  ask for what is there: --type ${type}`)];
}
