import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { SshError } from './ssh-error.ts';
import { readSshFields, type SshFields } from './ssh-fields.ts';

/** A public key of SSH (RFC 4253, 6.6; RFC 5656; RFC 8709; OpenSSH's PROTOCOL.u2f). */
export interface SshPublicKey {
  readonly type: string;
  /** `SHA256:` and base64 without padding, as ssh-keygen -l prints it. */
  readonly fingerprint: string;
  readonly key: KeyObject;
  /** Of a security key (`sk-…`): the application its signatures are for, `ssh:` most often. */
  readonly application?: string;
}

const CURVES: Readonly<Record<string, { readonly crv: string; readonly bytes: number }>> = {
  nistp256: { crv: 'P-256', bytes: 32 },
  nistp384: { crv: 'P-384', bytes: 48 },
  nistp521: { crv: 'P-521', bytes: 66 },
};
/** RSA keys below this many bits sign nothing (NIST SP 800-131A). */
const MIN_RSA_BITS = 2048;

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

/** `SHA256:…` of a key's blob. */
function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The blob of a public key. Throws an SshError. */
export function parseSshKeyBlob(blob: Uint8Array): SshPublicKey {
  try {
    const fields = readSshFields(blob);
    const type = fields.text();
    const read = readKey(type, fields);
    if (fields.rest().length > 0) throw new RangeError('there is more after it');
    const key = createPublicKey({ key: read.jwk, format: 'jwk' });
    if (type === 'ssh-rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS)
      throw new SshError('SSH_KEY_UNSUPPORTED', `an RSA key of fewer than ${MIN_RSA_BITS} bits proves nothing`);
    const { application } = read;
    return { type, fingerprint: fingerprintOf(blob), key, ...(application === undefined ? {} : { application }) };
  } catch (cause) {
    if (cause instanceof SshError) throw cause;
    throw new SshError('SSH_KEY_UNREADABLE', `not a public key of SSH: ${(cause as Error).message}`, { cause });
  }
}

function readKey(type: string, fields: SshFields): { jwk: JsonWebKey; application?: string } {
  switch (type) {
    case 'ssh-ed25519':
      return { jwk: ed25519(fields) };
    case 'sk-ssh-ed25519@openssh.com':
      return { jwk: ed25519(fields), application: fields.text() };
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return { jwk: ecdsa(fields, type.slice('ecdsa-sha2-'.length)) };
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return { jwk: ecdsa(fields, 'nistp256'), application: fields.text() };
    case 'ssh-rsa': {
      const e = fields.unsigned();
      return { jwk: { kty: 'RSA', e: base64url(e), n: base64url(fields.unsigned()) } };
    }
    default:
      throw new SshError(
        'SSH_KEY_UNSUPPORTED',
        `keys of type ${JSON.stringify(type.slice(0, 60))} are not taken: use Ed25519, ECDSA, RSA, or a security key`,
      );
  }
}

function ed25519(fields: SshFields): JsonWebKey {
  return { kty: 'OKP', crv: 'Ed25519', x: base64url(fields.bytes()) };
}

function ecdsa(fields: SshFields, name: string): JsonWebKey {
  const curve = CURVES[name];
  const point = fields.text() === name ? fields.bytes() : undefined;
  if (curve === undefined || point?.length !== 1 + 2 * curve.bytes || point[0] !== 4)
    throw new RangeError('its point is not one of its curve');
  return {
    kty: 'EC',
    crv: curve.crv,
    x: base64url(point.subarray(1, 1 + curve.bytes)),
    y: base64url(point.subarray(1 + curve.bytes)),
  };
}

/** A line as in `id_ed25519.pub`: type, base64, comment (sshd(8), AUTHORIZED_KEYS, without options). Throws an SshError. */
export function parseSshKeyLine(line: string): SshPublicKey {
  const [type = '', base64 = ''] = line.trim().split(/\s+/, 2);
  if (line.length > 20_000 || /\n/.test(line.trim()) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    throw new SshError('SSH_KEY_UNREADABLE', 'not a line of an SSH public key: expected "ssh-ed25519 AAAA… comment"');
  const key = parseSshKeyBlob(Buffer.from(base64, 'base64'));
  if (key.type !== type) throw new SshError('SSH_KEY_UNREADABLE', `the line says ${type}, and its key is ${key.type}`);
  return key;
}
