import type { Dispatcher } from 'undici';
import { EgressError, toEgressError } from './egress-error.ts';

/** The body of an answer: read once, by one of these. Whoever wants none of it calls `dump`. */
export interface EgressBody extends AsyncIterable<Uint8Array> {
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

/** Bounds a body, and makes EgressErrors of what goes wrong while it is read. */
export function egressBody(
  body: Dispatcher.ResponseData['body'],
  options: { readonly place: string; readonly maxBytes: number | undefined; readonly signal: AbortSignal | undefined },
): EgressBody {
  const { place, maxBytes, signal } = options;
  async function* read(limit: number): AsyncGenerator<Uint8Array> {
    let total = 0;
    try {
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        total += chunk.byteLength;
        if (total > limit)
          throw new EgressError('EGRESS_TOO_LARGE', `${place}: the answer has more than ${limit} bytes`);
        yield chunk;
      }
    } catch (error) {
      throw toEgressError(error, place, signal);
    }
  }
  const bytes = async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of read(maxBytes ?? MAX_DOCUMENT_BYTES)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  return {
    [Symbol.asyncIterator]: () => read(maxBytes ?? Number.POSITIVE_INFINITY),
    bytes,
    async json() {
      const text = new TextDecoder().decode(await bytes());
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return undefined;
      }
    },
    dump: () => body.dump({ limit: MAX_DUMPED_BYTES }).catch(() => undefined),
  };
}
