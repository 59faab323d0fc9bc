import type { ByteStream } from './bytes.ts';

/**
 * Passes chunks on that are there only until the next one is asked for, and then lets go of their memory. To leave that to the
 * garbage collector costs a large stream a tenth of all its work: it looks for them through everything else there is.
 *
 * Let go of is memory of which a chunk has been given up to its end: bytes come in order, so that nothing of it is still to
 * come. Chunks of less than half of their memory may lie where others' do too (Node's pool gives away no more at once): that
 * memory is left alone.
 */
export async function* lentChunks(chunks: ByteStream): AsyncGenerator<Uint8Array> {
  let own: ArrayBuffer | undefined;
  let done: ArrayBuffer | undefined;
  for await (const chunk of chunks) {
    done?.transfer(0);
    const { buffer, byteOffset, byteLength } = chunk;
    if (buffer !== own) own = buffer instanceof ArrayBuffer && 2 * byteLength > buffer.byteLength ? buffer : undefined;
    done = byteOffset + byteLength === own?.byteLength ? own : undefined;
    yield chunk;
  }
}
