import type { IncomingMessage } from 'node:http';
import process from 'node:process';
import { lentChunks } from '../../domain/artifact/lent-chunks.ts';
import { EgressError, toEgressError } from './egress-error.ts';

/** The body of an answer: read once, by one of these. Whoever wants none of it calls `dump`. */
export interface EgressBody extends AsyncIterable<Uint8Array> {
  /** In chunks that are there only until the next one is asked for. */
  lent(): AsyncIterable<Uint8Array>;
  /** All of it. */
  bytes(): Promise<Uint8Array>;
  /** All of it as JSON; undefined where it is none. */
  json(): Promise<unknown>;
  /** Lets go of it. */
  dump(): Promise<void>;
}

const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
/** What is read of an unwanted body to keep its connection; with more, the connection is dropped. */
const MAX_DUMPED_BYTES = 64 * 1024;
/** A server that never falls silent, and never comes to an end either: fewer bytes a second than this, on average, is too slow. */
const LEAST_BYTES_PER_SECOND = 4096;

/** Milliseconds of a clock that is not set. `performance` would load as much as all of this. */
const now = (): number => process.uptime() * 1000;

/** Bounds a body, and makes EgressErrors of what goes wrong while it is read. */
export function egressBody(
  body: IncomingMessage,
  options: {
    readonly place: string;
    readonly maxBytes: number | undefined;
    readonly signal: AbortSignal | undefined;
    /** Milliseconds: the longest silence, and the waiting after which slowness counts. */
    readonly patienceMs: number;
  },
): EgressBody {
  const { place, maxBytes, signal, patienceMs } = options;
  async function* read(limit: number): AsyncGenerator<Uint8Array> {
    let total = 0;
    // Only the time we wait is the server's: whoever reads slowly has it to answer for themselves.
    let waitedMs = 0;
    let asked: number | undefined = now();
    const silence = setTimeout(() => {
      if (asked !== undefined) body.destroy(new EgressError('EGRESS_TIMEOUT', `${place} fell silent`));
    }, patienceMs);
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        waitedMs += now() - asked;
        asked = undefined;
        total += chunk.byteLength;
        if (total > limit)
          throw new EgressError('EGRESS_TOO_LARGE', `${place}: the answer has more than ${limit} bytes`);
        if (waitedMs > patienceMs && total < (waitedMs / 1000) * LEAST_BYTES_PER_SECOND)
          throw new EgressError(
            'EGRESS_TIMEOUT',
            `${place} sent ${total} bytes in ${(waitedMs / 1000).toFixed(1)} s, fewer than ${LEAST_BYTES_PER_SECOND} a second`,
          );
        yield chunk;
        asked = now();
        silence.refresh();
      }
    } catch (error) {
      throw toEgressError(error, place, signal);
    } finally {
      clearTimeout(silence);
    }
  }
  const bytes = async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of read(maxBytes ?? MAX_DOCUMENT_BYTES)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  return {
    [Symbol.asyncIterator]: () => read(maxBytes ?? Number.POSITIVE_INFINITY),
    lent: () => lentChunks(read(maxBytes ?? Number.POSITIVE_INFINITY)),
    bytes,
    async json() {
      const text = new TextDecoder().decode(await bytes());
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return undefined;
      }
    },
    async dump() {
      try {
        for await (const chunk of read(MAX_DUMPED_BYTES)) void chunk;
      } catch {
        // Its connection is closed.
      }
    },
  };
}
