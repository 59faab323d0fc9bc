import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { SshError } from '../../../../adapters/ssh/ssh-error.ts';
import { writeSshStrings } from '../../../../adapters/ssh/ssh-fields.ts';
import { parseSshKeyLine } from '../../../../adapters/ssh/ssh-public-key.ts';
import { verifySshSignature } from '../../../../adapters/ssh/verify-ssh-signature.ts';
import { openSshWorkshop } from '../../../fixtures/ssh-signer.ts';

const workshop = openSshWorkshop();
afterAll(() => workshop.close());

const NAMESPACE = 'approval@pratique.dev';
const TEXT = 'what is decided\n';
const bytes = (text: string) => new TextEncoder().encode(text);
const codeOf = (act: () => unknown) => {
  try {
    return act();
  } catch (error) {
    return error instanceof SshError ? error.code : error;
  }
};
const ed25519 = workshop.key('plain');

describe('a signature of ssh-keygen', () => {
  it.each([
    ['ed25519', undefined],
    ['ecdsa', 256],
    ['ecdsa', 384],
    ['ecdsa', 521],
    ['rsa', 2048],
    ['rsa', 3072],
  ] as const)('by %s %s verifies, and names the key as ssh-keygen -l does', (type, bits) => {
    const key = workshop.key(`${type}-${bits}`, type, bits);
    const signature = key.sign(TEXT, NAMESPACE);
    expect(verifySshSignature(signature, bytes(TEXT), NAMESPACE).fingerprint).toBe(key.fingerprint);
    expect(parseSshKeyLine(key.publicKey).fingerprint).toBe(key.fingerprint);
    expect(codeOf(() => verifySshSignature(signature, bytes(`${TEXT} `), NAMESPACE))).toBe('SSH_SIGNATURE_WRONG');
  });

  it('for another namespace proves nothing here', () => {
    const signature = ed25519.sign(TEXT, 'git');
    expect(codeOf(() => verifySshSignature(signature, bytes(TEXT), NAMESPACE))).toBe('SSH_SIGNATURE_NAMESPACE');
  });

  it('with one bit otherwise, or cut anywhere, verifies nothing and throws its own error', () => {
    const signature = ed25519.sign(TEXT, NAMESPACE);
    const blob = Buffer.from(signature.replace(/-----[^-]+-----/g, '').replace(/\s/g, ''), 'base64');
    const armor = (of: Buffer) =>
      `-----BEGIN SSH SIGNATURE-----\n${of.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
    expect(verifySshSignature(armor(blob), bytes(TEXT), NAMESPACE).fingerprint).toBe(ed25519.fingerprint);
    fc.assert(
      fc.property(fc.nat(blob.length * 8 - 1), (bit) => {
        const changed = Buffer.from(blob);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(codeOf(() => verifySshSignature(armor(changed), bytes(TEXT), NAMESPACE))).toMatch(/^SSH_/);
      }),
    );
    fc.assert(
      fc.property(fc.nat(blob.length - 1), (length) => {
        const cut = armor(blob.subarray(0, length));
        expect(codeOf(() => verifySshSignature(cut, bytes(TEXT), NAMESPACE))).toMatch(/^SSH_/);
      }),
    );
  });

  it('of bytes that are none is unreadable', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(codeOf(() => verifySshSignature(text, bytes(TEXT), NAMESPACE))).toBe('SSH_SIGNATURE_UNREADABLE');
      }),
    );
  });

  it('by an RSA key that is too short is not taken', () => {
    const short = workshop.key('short', 'rsa', 1024);
    expect(codeOf(() => parseSshKeyLine(short.publicKey))).toBe('SSH_KEY_UNSUPPORTED');
  });
});

/** PROTOCOL.u2f: what an authenticator signs. `ssh-keygen` needs one at hand, so that these are made here. */
function bySecurityKey(kind: 'ed25519' | 'ecdsa', flags: number, application = 'ssh:') {
  const { publicKey, privateKey } =
    kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const [x, y] = [Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url')];
  const type = kind === 'ed25519' ? 'sk-ssh-ed25519@openssh.com' : 'sk-ecdsa-sha2-nistp256@openssh.com';
  const blob =
    kind === 'ed25519'
      ? writeSshStrings(type, x, application)
      : writeSshStrings(type, 'nistp256', Buffer.concat([Buffer.of(4), x, y]), application);
  const sha = (name: string, of: Uint8Array | string) => createHash(name).update(of).digest();
  const inner = Buffer.concat([Buffer.from('SSHSIG'), writeSshStrings(NAMESPACE, '', 'sha512', sha('sha512', TEXT))]);
  const extra = Buffer.from([flags, 0, 0, 0, 7]);
  const data = Buffer.concat([sha('sha256', application), extra, sha('sha256', inner)]);
  const raw =
    kind === 'ed25519'
      ? sign(null, data, privateKey)
      : mpints(sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
  const signature = Buffer.concat([writeSshStrings(type, raw), extra]);
  const whole = Buffer.concat([
    Buffer.from('SSHSIG'),
    Buffer.of(0, 0, 0, 1),
    writeSshStrings(blob, NAMESPACE, '', 'sha512', signature),
  ]);
  return `-----BEGIN SSH SIGNATURE-----\n${whole.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
}

function mpints(signature: Buffer): Buffer {
  const number = (of: Buffer) => {
    const first = of.findIndex((byte) => byte !== 0);
    const short = of.subarray(first);
    return ((short[0] ?? 0) & 0x80) === 0 ? short : Buffer.concat([Buffer.of(0), short]);
  };
  return writeSshStrings(number(signature.subarray(0, 32)), number(signature.subarray(32)));
}

describe('a signature of a security key', () => {
  it.each(['ed25519', 'ecdsa'] as const)('(%s) counts where somebody touched it, and not where nobody did', (kind) => {
    expect(verifySshSignature(bySecurityKey(kind, 1), bytes(TEXT), NAMESPACE).type).toMatch(/^sk-/);
    expect(codeOf(() => verifySshSignature(bySecurityKey(kind, 0), bytes(TEXT), NAMESPACE))).toBe(
      'SSH_SIGNATURE_WRONG',
    );
  });
});

describe('a line of a public key', () => {
  it.each([
    ['of another type than its key', ed25519.publicKey.replace('ssh-ed25519', 'ssh-rsa')],
    ['without a key', 'ssh-ed25519'],
    ['with a key that is cut', ed25519.publicKey.slice(0, 50)],
    ['that is two', `${ed25519.publicKey}\n${ed25519.publicKey}`],
    ['of a kind that is not taken', `ssh-dss ${writeSshStrings('ssh-dss', 'x').toString('base64')}`],
  ])('%s is refused', (_, line) => {
    expect(codeOf(() => parseSshKeyLine(line))).toMatch(/^SSH_KEY_/);
  });
});
