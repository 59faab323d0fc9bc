/** Authenticator data (Web Authentication, 6.1): what the authenticator signs, beside the hash of what the browser saw. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ProofError } from '../../domain/identity/proof-error.ts';

export interface AuthenticatorData {
  readonly signCount: number;
  /** Of a registration, the bytes after the id: a COSE key, and extensions where the flag says so. */
  readonly attested?: { readonly id: Uint8Array; readonly rest: Uint8Array };
  readonly hasExtensions: boolean;
}

const FLAGS = { present: 0x01, verified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40, extensions: 0x80 };
const RESERVED = 0x22;
const HEAD_BYTES = 37;
/** AAGUID and the length of the id. */
const ATTESTED_HEAD_BYTES = 18;
/** Web Authentication, 4 and 7.1: ids are at most this long. */
const MAX_ID_BYTES = 1023;

/**
 * Reads it strictly, for one relying party, and wants that its user was there and was verified (a PIN, a finger, a face). Throws a
 * ProofError.
 */
export function readAuthenticatorData(
  bytes: Uint8Array,
  { id, kind }: { readonly id: string; readonly kind: 'registration' | 'assertion' },
): AuthenticatorData {
  if (bytes.length < HEAD_BYTES) throw unreadable('it is too short');
  const expected = createHash('sha256').update(id).digest();
  if (!timingSafeEqual(expected, bytes.subarray(0, 32)))
    throw new ProofError(
      'PROOF_INVALID',
      `the passkey answered for another site than ${id}: use the page at its address`,
    );
  const flags = bytes[32] ?? 0;
  const has = (flag: number) => (flags & flag) !== 0;
  if (!has(FLAGS.present) || !has(FLAGS.verified))
    throw new ProofError(
      'PROOF_INVALID',
      'the passkey did not verify its user: use one with a PIN, a fingerprint or a face',
    );
  if ((flags & RESERVED) !== 0 || (has(FLAGS.backedUp) && !has(FLAGS.backupEligible)))
    throw unreadable('its flags contradict each other');
  if (has(FLAGS.attested) !== (kind === 'registration'))
    throw unreadable(`it is not of ${kind === 'assertion' ? 'an' : 'a'} ${kind}`);
  const signCount = new DataView(bytes.buffer, bytes.byteOffset + 33, 4).getUint32(0);
  const rest = bytes.subarray(HEAD_BYTES);
  const hasExtensions = has(FLAGS.extensions);
  if (kind === 'registration') return { signCount, hasExtensions, attested: readAttested(rest) };
  if (hasExtensions !== rest.length > 0) throw unreadable('there is more or less in it than its flags say');
  return { signCount, hasExtensions };
}

function readAttested(bytes: Uint8Array): { id: Uint8Array; rest: Uint8Array } {
  if (bytes.length < ATTESTED_HEAD_BYTES) throw unreadable('it is too short');
  const length = ((bytes[16] ?? 0) << 8) | (bytes[17] ?? 0);
  if (length === 0 || length > MAX_ID_BYTES) throw unreadable('its credential id has a length that is not allowed');
  const end = ATTESTED_HEAD_BYTES + length;
  if (bytes.length <= end) throw unreadable('it is too short');
  return { id: bytes.subarray(ATTESTED_HEAD_BYTES, end), rest: bytes.subarray(end) };
}

function unreadable(why: string): ProofError {
  return new ProofError('PROOF_UNREADABLE', `the authenticator data of the passkey cannot be read: ${why}`);
}
