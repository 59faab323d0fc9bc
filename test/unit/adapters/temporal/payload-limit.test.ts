import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { dataConverter, LARGEST_PAYLOAD, PayloadTooLargeError } from '../../../../adapters/temporal/payload-limit.ts';

const [codec] = dataConverter.payloadCodecs ?? [];
if (codec === undefined) throw new Error('no codec');

const payload = (bytes: number) => ({ metadata: {}, data: new Uint8Array(bytes) });

describe('what travels through Temporal', () => {
  it('is at most 64 KiB a payload, of any number of payloads', async () => {
    const allowed = [payload(0), payload(LARGEST_PAYLOAD), {}];
    expect(await codec.encode(allowed)).toBe(allowed);
    await expect(codec.encode([payload(1), payload(LARGEST_PAYLOAD + 1)])).rejects.toThrow(PayloadTooLargeError);
  });

  it('is refused with its size and what to do, without a byte of it', async () => {
    const body = defaultPayloadConverter.toPayload('secret '.repeat(10_000));
    const error: unknown = await codec.encode([body]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', message: expect.stringContaining('70002 bytes') });
    expect(error).not.toMatchObject({ message: expect.stringContaining('secret') });
  });

  it('is read whatever its size: a history of before stays readable', async () => {
    const old = [payload(LARGEST_PAYLOAD * 4)];
    expect(await codec.decode(old)).toBe(old);
  });
});
