/** `@sigstore/verify` says in which part a bundle failed; this says why, in words for who reads it. */
import { createPublicKey } from 'node:crypto';
import type { X509Certificate } from '@sigstore/core';
import type { SignedEntity, TrustMaterial, VerificationError } from '@sigstore/verify';
import { type Rejection, reject } from './open-bundle.ts';

/** `error`: what the library threw for this entity under this material. */
export function explainRejection(
  error: VerificationError,
  entity: SignedEntity,
  { ctlogs, tlogs, timestampAuthorities, publicKey }: TrustMaterial,
): Rejection {
  switch (error.code) {
    case 'SIGNATURE_ERROR':
      return reject('SIGNATURE_INVALID', 'the signature is not of these bytes by this signer');
    case 'PUBLIC_KEY_ERROR':
      return reject('SIGNER_UNKNOWN', error.message);
    case 'CERTIFICATE_ERROR':
      return explainCertificate(error, entity, ctlogs.length);
    case 'TIMESTAMP_ERROR':
      return explainTimestamp(error, entity, timestampAuthorities.length);
    case 'NOT_IMPLEMENTED_ERROR':
      return reject('BUNDLE_UNSUPPORTED', error.message);
    case 'TLOG_BODY_ERROR':
      // Logs are compared before the signature is looked at; where that is broken too, it is what to say.
      return isSignatureBroken(entity, publicKey)
        ? reject('SIGNATURE_INVALID', 'the signature is not of these bytes by this signer')
        : reject('LOG_ENTRY_MISMATCH', `the log entry is about something else: ${error.message}`);
    case 'TLOG_ERROR':
      return entity.tlogEntries.length === 0
        ? reject('LOG_ENTRY_MISSING', 'the bundle has no transparency log entry, and the trusted root asks for one')
        : reject('LOG_ENTRY_INVALID', error.message);
    case 'TLOG_INCLUSION_PROOF_ERROR':
    case 'TLOG_INCLUSION_PROMISE_ERROR':
    case 'TLOG_MISSING_INCLUSION_ERROR':
      return reject('LOG_ENTRY_INVALID', explainInclusion(error, entity, tlogs));
  }
}

function isSignatureBroken({ key, signature }: SignedEntity, findKey: TrustMaterial['publicKey']): boolean {
  if (key.$case !== 'certificate') return !signature.verifySignature(findKey(key.hint).publicKey);
  const publicKey = createPublicKey({ key: key.certificate.publicKey, format: 'der', type: 'spki' });
  return !signature.verifySignature(publicKey);
}

/** The library verifies times before certificates: those in the entity were shown, or are claimed by the entry that promises them. */
function explainCertificate(error: VerificationError, entity: SignedEntity, ctlogs: number): Rejection {
  if (error.message.includes('SCT'))
    return reject(
      'SCT_INVALID',
      `${error.message}: the trusted root has ${ctlogs} certificate logs, and none of them shows the certificate`,
    );
  const leaf = entity.key.$case === 'certificate' ? entity.key.certificate : undefined;
  const outside = leaf === undefined ? undefined : explainValidity(leaf, claimedTimes(entity));
  return (
    outside ?? reject('CERTIFICATE_INVALID', 'the certificate has no valid chain to an authority of the trusted root')
  );
}

/** Undefined where all times are inside. */
function explainValidity(leaf: X509Certificate, times: readonly Date[]): Rejection | undefined {
  const outside = times.filter((time) => !leaf.validForDate(time));
  const [first] = outside;
  if (first === undefined) return undefined;
  const range = `from ${leaf.notBefore.toISOString()} to ${leaf.notAfter.toISOString()}`;
  return outside.length === times.length && outside.every((time) => time > leaf.notAfter)
    ? reject('CERTIFICATE_EXPIRED', `signed at ${toText(first)}, after the certificate had expired (valid ${range})`)
    : reject(
        'TIMESTAMP_OUTSIDE_CERTIFICATE',
        `a proof of time says ${toText(first)}, and the certificate is valid ${range}`,
      );
}

/** Beyond what dates can be where an attacker wrote it. */
function toText(time: Date): string {
  return Number.isNaN(time.getTime()) ? 'no date' : time.toISOString();
}

function claimedTimes({ timestamps }: SignedEntity): Date[] {
  return timestamps.flatMap((timestamp) => {
    if (timestamp.$case === 'timestamp-authority') return [timestamp.timestamp.signingTime];
    const { inclusionPromise, integratedTime } = timestamp.tlogEntry;
    return inclusionPromise === undefined ? [] : [new Date(Number(integratedTime) * 1000)];
  });
}

function explainTimestamp(error: VerificationError, entity: SignedEntity, authorities: number): Rejection {
  if (claimedTimes(entity).length === 0)
    return reject(
      'TIMESTAMP_MISSING',
      'nothing in the bundle proves when it was signed, so a certificate that lives for minutes proves nothing',
    );
  if (error.message === 'timestamp could not be verified')
    return reject(
      'TIMESTAMP_INVALID',
      `the timestamp is of none of the ${authorities} timestamp authorities of the trusted root, or over another signature`,
    );
  return reject('TIMESTAMP_INVALID', error.message);
}

function explainInclusion(error: VerificationError, entity: SignedEntity, tlogs: TrustMaterial['tlogs']): string {
  const isKnown = entity.tlogEntries.every(({ logId }) => tlogs.some((log) => log.logID.equals(logId.keyId)));
  return isKnown ? error.message : `the entry is of a log that is none of the ${tlogs.length} in the trusted root`;
}
