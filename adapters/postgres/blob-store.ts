import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { BlobError, type BlobStore } from '../../domain/artifact/blob-store.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Executor } from './database.ts';

/** sha256 of bytes, as a digest. */
export function sha256Digest(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

const pack = promisify(zstdCompress);
const inflate = promisify(zstdDecompress);
/** Bytes: shorter bodies do not repeat themselves enough. */
const WORTH_PACKING = 1024;
/** Bytes: to have another thread pack a body of at most this size takes longer than to pack it. */
const PACKED_HERE = 128 * 1024;

/** A body as its row has it. */
export async function storedBody(bytes: Uint8Array): Promise<{ readonly bytes: Buffer; readonly packed: boolean }> {
  const packed = bytes.byteLength >= WORTH_PACKING;
  if (!packed) return { bytes: Buffer.from(bytes), packed };
  return { bytes: bytes.byteLength > PACKED_HERE ? await pack(bytes) : zstdCompressSync(bytes), packed };
}

/** Undefined where it is no Zstandard frame (RFC 8878), or becomes longer than the body was. */
async function unpack(bytes: Uint8Array, size: number): Promise<Uint8Array | undefined> {
  const options = { maxOutputLength: Math.max(size, 1) };
  try {
    return size > PACKED_HERE ? await inflate(bytes, options) : zstdDecompressSync(bytes, options);
  } catch {
    return undefined;
  }
}

/** Bodies in a table of their own. Throws where a blob is missing or its bytes no longer match its digest. */
export function createPostgresBlobStore(db: Executor): BlobStore {
  return {
    async put(bytes, mediaType) {
      const digest = sha256Digest(bytes);
      await db
        .insertInto('blob')
        .values({ digest, media_type: mediaType, size: bytes.byteLength, ...(await storedBody(bytes)) })
        .onConflict((conflict) => conflict.column('digest').doNothing())
        .execute();
      await reach('blob.stored', digest);
      return { digest, size: bytes.byteLength, mediaType };
    },
    async get(digest) {
      const row = await db
        .selectFrom('blob')
        .select(['bytes', 'size', 'packed'])
        .where('digest', '=', digest)
        .executeTakeFirst();
      if (row === undefined) throw new BlobError(`blob ${digest} is not in the store`);
      const bytes = row.packed ? await unpack(row.bytes, row.size) : row.bytes;
      if (bytes === undefined || sha256Digest(bytes) !== digest)
        throw new BlobError(`blob ${digest} in the store does not match its digest`);
      return bytes;
    },
  };
}
