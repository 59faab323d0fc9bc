/** Salsa20/20 and HSalsa20 (D. J. Bernstein, "Extending the Salsa20 nonce"): node:crypto has ChaCha20 only. */

/** "expand 32-byte k", as little-endian words. */
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

/** Positions a quarter-round works on: four columns, then four rows (specification, section 4 and 5). */
const QUARTERS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const;

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Twenty rounds in place. */
function permute(x: Uint32Array): void {
  for (let round = 0; round < 20; round += 2)
    for (const [a, b, c, d] of QUARTERS) {
      x[b]! ^= rotate((x[a]! + x[d]!) | 0, 7);
      x[c]! ^= rotate((x[b]! + x[a]!) | 0, 9);
      x[d]! ^= rotate((x[c]! + x[b]!) | 0, 13);
      x[a]! ^= rotate((x[d]! + x[c]!) | 0, 18);
    }
}

/** The 4×4 state: constants on the diagonal, key around it, 16 bytes of nonce and counter in the middle. */
function createState(key: Uint8Array, middle: Uint8Array): Uint32Array {
  const k = toWords(key);
  const n = toWords(middle);
  return Uint32Array.from([
    ...[SIGMA[0], k[0]!, k[1]!, k[2]!],
    ...[k[3]!, SIGMA[1], n[0]!, n[1]!],
    ...[n[2]!, n[3]!, SIGMA[2], k[4]!],
    ...[k[5]!, k[6]!, k[7]!, SIGMA[3]],
  ]);
}

function toWords(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true));
}

function toBytes(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  return bytes;
}

/** A 32-byte key from a 32-byte key and the first 16 bytes of a 24-byte nonce. */
function hSalsa20(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const x = createState(key, nonce);
  permute(x);
  return toBytes([0, 5, 10, 15, 6, 7, 8, 9].map((index) => x[index]!));
}

/** `length` bytes of the XSalsa20 key stream for a 32-byte key and a 24-byte nonce. */
export function xSalsa20Stream(key: Uint8Array, nonce: Uint8Array, length: number): Uint8Array {
  const subkey = hSalsa20(key, nonce.subarray(0, 16));
  const stream = new Uint8Array(Math.ceil(length / 64) * 64);
  const middle = new Uint8Array(16);
  middle.set(nonce.subarray(16, 24));
  for (let block = 0; block * 64 < length; block++) {
    new DataView(middle.buffer).setUint32(8, block, true);
    const start = createState(subkey, middle);
    const x = Uint32Array.from(start);
    permute(x);
    stream.set(toBytes(Array.from(x, (word, index) => (word + start[index]!) >>> 0)), block * 64);
  }
  return stream.subarray(0, length);
}
