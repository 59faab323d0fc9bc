/**
 * A thread that undoes gzip or zstd and hashes what comes out, from shared memory into shared memory. Node's streams go through
 * libuv's threads and the event loop for each chunk, into memory that is new each time: both together cost more than the
 * unpacking itself, and while the main thread is busy nothing is unpacked.
 */
import { startHashingThread } from './hashing-thread.ts';
import { startRingThread } from './ring-thread.ts';
import { createSlotRing, drainRing, fillRing } from './slot-ring.ts';

/** Packed: 4 MiB. */
const PACKED = { bytes: 128 * 1024, slots: 32 };
/** Unpacked: 2 MiB, which is how far it may be ahead of whoever takes it. */
const UNPACKED = { bytes: 256 * 1024, slots: 8 };

/**
 * `writeSync` is what Node's own gunzipSync calls, with memory of its choice, for each chunk; it has no name in Node's documentation. Behind a
 * member of gzip and zeros, the rest is passed over, as Node's stream does; behind a frame of zstd comes the next.
 */
const program = `
const { createHash } = require('node:crypto');
const { constants, createGunzip, createZstdDecompress } = require('node:zlib');
const { parentPort, workerData } = require('node:worker_threads');
const { compression, packed, unpacked, hashes } = workerData;
const [{ _handle: handle, _writeState: state }, goOn, finish] =
  compression === 'gzip'
    ? [createGunzip(), constants.Z_NO_FLUSH, constants.Z_FINISH]
    : [createZstdDecompress(), constants.ZSTD_e_continue, constants.ZSTD_e_end];
let failure;
handle.onerror = (message, _, code) => {
  failure = { message, code };
};
const hash = hashes ? createHash('sha256') : undefined;
const from = taker(packed);
const to = filler(unpacked);
let slot = to.slot();
let used = 0;
const give = () => {
  if (used === 0) return;
  to.give(used);
  hash?.update(slot.subarray(0, used));
  slot = to.slot();
  used = 0;
};
let isOver = false;
for (let isLast = false; !isLast && failure === undefined; from.done()) {
  const chunk = from.next();
  isLast = chunk.length === 0;
  for (let at = 0; !isOver; ) {
    handle.writeSync(isLast ? finish : goOn, chunk, at, chunk.length - at, slot, used, slot.length - used);
    if (failure !== undefined) break;
    const [room, left] = state;
    used = slot.length - room;
    at = chunk.length - left;
    if (room === 0) give();
    if (room === 0 || (left > 0 && compression === 'zstd')) continue;
    isOver = left > 0;
    break;
  }
}
give();
to.give(0);
parentPort.postMessage({ failure, sha256: hash?.digest('hex') ?? '' });
`;

interface Said {
  /** With the codes of node:zlib. */
  readonly failure?: { readonly message: string; readonly code: string };
  /** Empty where another thread hashes. */
  readonly sha256: string;
}

export interface UnpackOptions {
  readonly compression: 'gzip' | 'zstd';
  /** On a thread of its own: with so many bytes that unpacking them is what is waited for. */
  readonly hashesApart: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Gives `take` what the source unpacks to, chunk by chunk, each valid until it returns; resolves to the SHA-256 of all of it, in
 * hexadecimal. A chunk of the source need be valid only until the next is asked for. Throws node:zlib's errors, what the source
 * and `take` throw, and the signal's reason.
 */
export async function unpackOnThread(
  source: AsyncIterable<Uint8Array>,
  take: (chunk: Buffer) => void,
  { compression, hashesApart, signal }: UnpackOptions,
): Promise<string> {
  signal?.throwIfAborted();
  const packed = createSlotRing(PACKED.bytes, PACKED.slots);
  const unpacked = createSlotRing(UNPACKED.bytes, UNPACKED.slots, hashesApart ? 2 : 1);
  await using hashing = hashesApart ? startHashingThread(unpacked, 1) : undefined;
  await using thread = startRingThread<Said>({
    program,
    data: { compression, packed, unpacked, hashes: !hashesApart },
    rings: [packed, unpacked],
    youngGenerationMb: 4,
    what: 'unpacks',
  });
  const stop = (): void => thread.fail(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  hashing?.said.catch(thread.fail);
  try {
    const fed = fillRing(packed, source, thread.failure);
    fed.catch(thread.fail);
    await drainRing(unpacked, take, thread.failure);
    const { failure: found, sha256 } = await thread.said;
    if (found !== undefined) throw Object.assign(new Error(found.message), { code: found.code });
    await fed;
    return (await hashing?.said) ?? sha256;
  } catch (error) {
    // Whoever still feeds it.
    thread.fail(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
