import { createHash, type KeyObject, verify } from 'node:crypto';
import { SshError } from './ssh-error.ts';
import { readSshFields, type SshFields, writeSshStrings } from './ssh-fields.ts';
import { parseSshKeyBlob, type SshPublicKey } from './ssh-public-key.ts';

const MAGIC = 'SSHSIG';
const MAX_ARMOR_CHARACTERS = 16_384;
/** A security key saw that somebody was there (CTAP2, user presence). */
const USER_PRESENT = 0x01;

/**
 * Whose key made an armored SSH signature (OpenSSH's PROTOCOL.sshsig, version 1) over `message` for `namespace`. RSA with SHA-1 is
 * not taken; a security key must have been touched. Throws an SshError.
 */
export function verifySshSignature(armored: string, message: Uint8Array, namespace: string): SshPublicKey {
  const { key, signedFor, hash, signature } = dearmor(armored);
  if (signedFor !== namespace)
    throw new SshError(
      'SSH_SIGNATURE_NAMESPACE',
      `the signature was made for ${JSON.stringify(signedFor.slice(0, 80))}: sign with "ssh-keygen -Y sign -n ${namespace}"`,
    );
  const hashed = createHash(hash).update(message).digest();
  const data = Buffer.concat([Buffer.from(MAGIC), writeSshStrings(namespace, '', hash, hashed)]);
  if (!holds(key, signature, data))
    throw new SshError('SSH_SIGNATURE_WRONG', 'the signature is not of this text by the key it names');
  return key;
}

function dearmor(armored: string) {
  try {
    const body = /^-----BEGIN SSH SIGNATURE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END SSH SIGNATURE-----\s*$/.exec(
      armored.length > MAX_ARMOR_CHARACTERS ? '' : armored,
    )?.[1];
    if (body === undefined) throw new RangeError('expected "-----BEGIN SSH SIGNATURE-----"');
    const blob = Buffer.from(body.replace(/\s+/g, ''), 'base64');
    if (blob.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) throw new RangeError('it does not begin as one');
    const fields = readSshFields(blob.subarray(MAGIC.length));
    const version = fields.uint32();
    if (version !== 1) throw new RangeError(`version ${version} is not known`);
    const key = parseSshKeyBlob(fields.bytes());
    const signedFor = fields.text();
    fields.bytes(); // reserved
    const hash = fields.text();
    if (hash !== 'sha256' && hash !== 'sha512') throw new RangeError('its hash is neither sha256 nor sha512');
    const signature = fields.bytes();
    if (fields.rest().length > 0) throw new RangeError('there is more after it');
    return { key, signedFor, hash, signature };
  } catch (cause) {
    if (cause instanceof SshError) throw cause;
    throw new SshError('SSH_SIGNATURE_UNREADABLE', `not an SSH signature: ${(cause as Error).message}`, { cause });
  }
}

/** RFC 8332 for RSA, RFC 5656 for ECDSA, RFC 8709 for Ed25519, PROTOCOL.u2f for security keys. Never throws. */
function holds({ type, key, application }: SshPublicKey, blob: Uint8Array, data: Buffer): boolean {
  try {
    const fields = readSshFields(blob);
    const scheme = fields.text();
    const signature = fields.bytes();
    if (application !== undefined) {
      const flags = fields.byte();
      const counter = Buffer.alloc(4);
      counter.writeUInt32BE(fields.uint32());
      if (scheme !== type || fields.rest().length > 0 || (flags & USER_PRESENT) === 0) return false;
      const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();
      return check(type, key, signature, Buffer.concat([sha256(application), Buffer.of(flags), counter, sha256(data)]));
    }
    if (fields.rest().length > 0) return false;
    if (type !== 'ssh-rsa') return scheme === type && check(type, key, signature, data);
    if (scheme !== 'rsa-sha2-256' && scheme !== 'rsa-sha2-512') return false;
    return verify(scheme.replace('rsa-sha2-', 'sha'), data, key, signature);
  } catch {
    return false;
  }
}

function check(type: string, key: KeyObject, signature: Uint8Array, data: Buffer): boolean {
  const curve = /nistp(\d+)/.exec(type)?.[1];
  if (curve === undefined) return verify(null, data, key, signature);
  const hash = curve === '256' ? 'sha256' : curve === '384' ? 'sha384' : 'sha512';
  const bytes = Math.ceil(Number(curve) / 8);
  return verify(hash, data, { key, dsaEncoding: 'ieee-p1363' }, fixedWidth(readSshFields(signature), bytes));
}

/** r and s, each as wide as the curve (IEEE P1363). */
function fixedWidth(fields: SshFields, bytes: number): Buffer {
  const numbers = [fields.unsigned(), fields.unsigned()];
  if (fields.rest().length > 0 || numbers.some(({ length }) => length > bytes)) throw new RangeError('not r and s');
  return Buffer.concat(numbers.map((number) => Buffer.concat([Buffer.alloc(bytes - number.length), number])));
}
