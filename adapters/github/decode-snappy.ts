/** Snappy's raw format (google/snappy, format_description.txt), as GitHub stores bundles: a length, then literals and copies. */
import { GithubError } from './github-error.ts';

/** Throws GITHUB_ANSWER_INVALID for what is no such block, or would have more than `maxBytes`. */
export function decodeSnappy(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const reader = createReader(bytes);
  const length = reader.varint();
  if (length > maxBytes) throw invalid(`it says that it has ${length} bytes; at most ${maxBytes} are read`);
  const out = Buffer.alloc(length);
  let at = 0;
  while (!reader.isAtEnd()) {
    const tag = reader.number(1);
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const size = (short < 60 ? short : reader.number(short - 59)) + 1;
      if (at + size > length) throw invalid('it has more bytes than it says');
      out.set(reader.take(size), at);
      at += size;
    } else {
      const { size, offset } = readCopy(tag, reader);
      if (offset === 0 || offset > at) throw invalid('a copy begins before the beginning');
      if (at + size > length) throw invalid('it has more bytes than it says');
      // Byte by byte: a copy may overlap what it writes.
      for (let end = at + size; at < end; at += 1) out[at] = out[at - offset] ?? 0;
    }
  }
  if (at !== length) throw invalid('it has fewer bytes than it says');
  return out;
}

function readCopy(tag: number, reader: ReturnType<typeof createReader>): { size: number; offset: number } {
  if ((tag & 3) === 1) return { size: ((tag >> 2) & 7) + 4, offset: ((tag >> 5) << 8) | reader.number(1) };
  return { size: (tag >> 2) + 1, offset: reader.number((tag & 3) === 2 ? 2 : 4) };
}

function createReader(bytes: Uint8Array) {
  let at = 0;
  const take = (size: number) => {
    if (at + size > bytes.length) throw invalid('it breaks off');
    at += size;
    return bytes.subarray(at - size, at);
  };
  /** Little-endian. */
  const number = (size: number) => take(size).reduce((sum, byte, place) => sum + byte * 2 ** (8 * place), 0);
  return {
    take,
    number,
    isAtEnd: () => at === bytes.length,
    varint() {
      let value = 0;
      for (let place = 0; place < 5; place += 1) {
        const byte = number(1);
        value += (byte & 127) * 2 ** (7 * place);
        if (byte < 128) return value;
      }
      throw invalid('its length is no number');
    },
  };
}

function invalid(why: string): GithubError {
  return new GithubError('GITHUB_ANSWER_INVALID', `a bundle is no Snappy block: ${why}`);
}
