/** What may travel through Temporal: references, never bodies. A history is kept, read by many, and replayed whole. */
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';

/** Bytes of one argument, result, signal, heartbeat or detail of a failure, as it is encoded. */
export const LARGEST_PAYLOAD = 64 * 1024;

/** Something is handed to Temporal that belongs behind a digest. Says the size, never what it is. */
export class PayloadTooLargeError extends Error {
  override readonly name = 'PayloadTooLargeError';
  readonly code = 'PAYLOAD_TOO_LARGE';

  constructor(bytes: number) {
    super(
      `a payload of ${bytes} bytes is more than the ${LARGEST_PAYLOAD} that may travel through Temporal: keep the body in the blob store and hand over its reference`,
    );
  }
}

/** Refuses to encode more than {@link LARGEST_PAYLOAD}; what is in a history already is always read. */
const payloadLimit: PayloadCodec = {
  async encode(payloads: Payload[]): Promise<Payload[]> {
    for (const { data } of payloads)
      if (data !== null && data !== undefined && data.length > LARGEST_PAYLOAD)
        throw new PayloadTooLargeError(data.length);
    return payloads;
  },
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads;
  },
};

/** For every client and worker: the same on both sides. */
export const dataConverter: DataConverter = { payloadCodecs: [payloadLimit] };
