/**
 * Encrypted private key files. cosign's are PEM around JSON (go-securesystemslib, encrypted/encrypted.go): scrypt, then NaCl
 * secretbox, over a PKCS#8 key in DER. OpenSSL's are PKCS#8 (RFC 5958 section 3), or of its older form (RFC 1421 section 4.6).
 */
import { createPrivateKey, type KeyObject, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { KeyError } from './key-error.ts';
import { openSecretbox, sealSecretbox } from './secretbox.ts';

/** The header cosign writes now, and the one it wrote before 2.0. */
const LABELS = ['ENCRYPTED SIGSTORE PRIVATE KEY', 'ENCRYPTED COSIGN PRIVATE KEY'] as const;
const OPENSSL = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;
const STANDARD = { N: 65_536, r: 8, p: 1 } as const;
/** The costs go-securesystemslib accepts, its legacy, standard and OWASP ones: others would let a file eat memory. */
const ACCEPTED_N: readonly number[] = [32_768, 65_536, 131_072];
const MAX_FILE_CHARACTERS = 64 * 1024;

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const fileSchema = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    params: z.object({
      N: z.number().refine((n) => ACCEPTED_N.includes(n)),
      r: z.literal(8),
      p: z.literal(1),
    }),
    salt: base64,
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: base64.refine((nonce) => nonce.length === 24) }),
  ciphertext: base64,
});

const scryptAsync = promisify<string, Uint8Array, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
);

async function deriveKey(passphrase: string, salt: Uint8Array, N: number): Promise<Uint8Array> {
  // scrypt needs 128·N·r bytes; node refuses above 32 MiB unless told.
  return scryptAsync(passphrase, salt, 32, { ...STANDARD, N, maxmem: 128 * N * STANDARD.r + 1024 * 1024 });
}

/** True for cosign's headers, and for OpenSSL's. */
export function isEncryptedKey(pem: string): boolean {
  return OPENSSL.test(pem) || LABELS.some((label) => pem.includes(`-----BEGIN ${label}-----`));
}

/** The PEM text cosign opens with the same passphrase. */
export async function encryptKey(key: KeyObject, passphrase: string): Promise<string> {
  const salt = randomBytes(32);
  const nonce = randomBytes(24);
  const sealed = sealSecretbox(
    key.export({ format: 'der', type: 'pkcs8' }),
    nonce,
    await deriveKey(passphrase, salt, STANDARD.N),
  );
  const json = JSON.stringify({
    kdf: { name: 'scrypt', params: STANDARD, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(sealed).toString('base64'),
  });
  const lines =
    Buffer.from(json)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${LABELS[0]}-----\n${lines.join('\n')}\n-----END ${LABELS[0]}-----\n`;
}

/** Throws a KeyError that names `file` where the text is none of these files, or the passphrase does not open it. */
export async function decryptKey(pem: string, passphrase: string, file: string): Promise<KeyObject> {
  if (OPENSSL.test(pem)) return openOpensslKey(pem, passphrase, file);
  const { kdf, cipher, ciphertext } = parseEncryptedKey(pem, file);
  const opened = openSecretbox(ciphertext, cipher.nonce, await deriveKey(passphrase, kdf.salt, kdf.params.N));
  if (opened === undefined) throw wrongPassphrase(file);
  try {
    return createPrivateKey({ key: Buffer.from(opened), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new KeyError('KEY_MALFORMED', `${file}: opened, but what is inside is no PKCS#8 key`, { cause });
  }
}

function openOpensslKey(pem: string, passphrase: string, file: string): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: 'pem', passphrase });
  } catch {
    // OpenSSL's message would quote what it could not read; what a wrong passphrase leaves is any kind of nonsense to it.
    throw wrongPassphrase(file);
  }
}

function wrongPassphrase(file: string): KeyError {
  return new KeyError(
    'KEY_PASSPHRASE_WRONG',
    `${file}: the passphrase does not open this key, or the file was changed`,
  );
}

function parseEncryptedKey(pem: string, file: string): z.infer<typeof fileSchema> {
  const body = /-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]+)-----END \1-----/.exec(
    pem.slice(0, MAX_FILE_CHARACTERS),
  )?.[2];
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(body ?? '', 'base64').toString('utf8'));
  } catch {
    // The cause would quote the file's content.
    throw new KeyError('KEY_MALFORMED', `${file}: the encrypted key is cut short or not in cosign's format`);
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new KeyError('KEY_UNSUPPORTED', `${file}: "${place}" of the encrypted key is missing or not one cosign writes`);
}
