import { createHash } from 'node:crypto';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';

type Blob = Pick<Descriptor, 'digest' | 'size'>;

/** What is downloaded: `checkedStream`, with a source that breaks off as REGISTRY_UNAVAILABLE. */
export async function* verifiedStream(source: ByteStream, blob: Blob, what: string): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of checkedStream(source, blob, what)) {
      size += chunk.byteLength;
      yield chunk;
    }
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    throw new RegistryError(
      'REGISTRY_UNAVAILABLE',
      `${what}: the download broke off after ${size} of ${blob.size} bytes; try again`,
      { cause: error },
    );
  }
}

/**
 * Passes bytes through, and throws a RegistryError at the end (or at the first byte too many) where they are not what the
 * descriptor says. What the source fails with, it fails with.
 */
export async function* checkedStream(source: ByteStream, blob: Blob, what: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > blob.size)
      throw new RegistryError(
        'REGISTRY_DIGEST_MISMATCH',
        `${what}: more than the ${blob.size} bytes its descriptor says`,
      );
    hash.update(chunk);
    yield chunk;
  }
  if (size < blob.size)
    throw new RegistryError('REGISTRY_TRUNCATED', `${what}: ended after ${size} of ${blob.size} bytes`);
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== blob.digest)
    throw new RegistryError('REGISTRY_DIGEST_MISMATCH', `${what}: other bytes than its digest says (${digest})`);
}
