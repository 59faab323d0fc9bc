/**
 * NaCl's crypto_secretbox_xsalsa20poly1305, which cosign's key files are sealed with. For files of a few hundred bytes read on
 * this machine: the big-integer arithmetic is neither fast nor constant in time, and must not serve a network peer.
 */
import { timingSafeEqual } from 'node:crypto';
import { xSalsa20Stream } from './salsa20.ts';

const TAG_BYTES = 16;
/** The first half block of the key stream is the one-time authentication key. */
const AUTH_KEY_BYTES = 32;

/** Tag and ciphertext of `message`. `key` is 32 bytes, `nonce` 24, never used twice with one key. */
export function sealSecretbox(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  const stream = xSalsa20Stream(key, nonce, AUTH_KEY_BYTES + message.length);
  const sealed = new Uint8Array(TAG_BYTES + message.length);
  const ciphertext = xor(message, stream.subarray(AUTH_KEY_BYTES));
  sealed.set(poly1305(ciphertext, stream.subarray(0, AUTH_KEY_BYTES)));
  sealed.set(ciphertext, TAG_BYTES);
  return sealed;
}

/** The message, or undefined where key, nonce or bytes are not those it was sealed with. */
export function openSecretbox(sealed: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const ciphertext = sealed.subarray(TAG_BYTES);
  const stream = xSalsa20Stream(key, nonce, AUTH_KEY_BYTES + ciphertext.length);
  const tag = poly1305(ciphertext, stream.subarray(0, AUTH_KEY_BYTES));
  if (!timingSafeEqual(tag, sealed.subarray(0, TAG_BYTES))) return undefined;
  return xor(ciphertext, stream.subarray(AUTH_KEY_BYTES));
}

function xor(bytes: Uint8Array, stream: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => byte ^ stream[index]!);
}

/** RFC 8439 section 2.5, over blocks of 16 bytes. */
function poly1305(message: Uint8Array, key: Uint8Array): Uint8Array {
  const prime = (1n << 130n) - 5n;
  const r = fromLittleEndian(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const s = fromLittleEndian(key.subarray(16, 32));
  let accumulator = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    accumulator = ((accumulator + fromLittleEndian(block) + (1n << BigInt(8 * block.length))) * r) % prime;
  }
  const sum = accumulator + s;
  return Uint8Array.from({ length: TAG_BYTES }, (_, index) => Number((sum >> BigInt(8 * index)) & 0xffn));
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
