import { createHash } from 'node:crypto';
import type { BlobStore } from '../../domain/artifact/blob-store.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Executor } from './database.ts';

/** sha256 of bytes, as a digest. */
export function sha256Digest(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** Bodies in a table of their own. Throws where a blob is missing or its bytes no longer match its digest. */
export function createPostgresBlobStore(db: Executor): BlobStore {
  return {
    async put(bytes, mediaType) {
      const digest = sha256Digest(bytes);
      await db
        .insertInto('blob')
        .values({ digest, media_type: mediaType, size: bytes.byteLength, bytes: Buffer.from(bytes) })
        .onConflict((conflict) => conflict.column('digest').doNothing())
        .execute();
      await reach('blob.stored', digest);
      return { digest, size: bytes.byteLength, mediaType };
    },
    async get(digest) {
      const row = await db.selectFrom('blob').select('bytes').where('digest', '=', digest).executeTakeFirst();
      if (row === undefined) throw new Error(`blob ${digest} is not in the store`);
      if (sha256Digest(row.bytes) !== digest) throw new Error(`blob ${digest} in the store does not match its digest`);
      return row.bytes;
    },
  };
}
