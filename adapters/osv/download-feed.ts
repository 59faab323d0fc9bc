import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Egress } from '../egress/egress.ts';
import { AdvisoryError } from './advisory-error.ts';
import { feedLimits } from './feed.ts';

/** Longest a download may take, in milliseconds. */
const TIMEOUT = 15 * 60_000;

async function* bounded(body: AsyncIterable<Uint8Array>, place: string): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > feedLimits.archiveBytes)
      throw new AdvisoryError('FEED_TOO_LARGE', `${place}: more than ${feedLimits.archiveBytes} bytes`);
    yield chunk;
  }
}

/** An address as messages show it: without what signs or opens it. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** Brings a zip file to disk. Throws an AdvisoryError for any answer but 200. */
export async function downloadFeed(
  url: string,
  file: string,
  { egress, signal }: { readonly egress: Pick<Egress, 'send'>; readonly signal: AbortSignal },
): Promise<void> {
  const place = placeOf(url);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]);
  const answer = await egress.send({ method: 'GET', url, signal: limited, retries: 2 }).catch((cause: unknown) => {
    throw new AdvisoryError(
      'FEED_NOT_FOUND',
      `${place}: ${cause instanceof Error ? cause.message : 'no answer'}; check the address and the network`,
      { cause },
    );
  });
  if (answer.status !== 200) {
    await answer.body.dump();
    throw new AdvisoryError('FEED_NOT_FOUND', `${place}: answered ${answer.status}; expected a zip of OSV records`);
  }
  await pipeline(bounded(answer.body, place), createWriteStream(file), { signal: limited }).catch((cause: unknown) => {
    if (cause instanceof AdvisoryError) throw cause;
    throw new AdvisoryError('FEED_UNREADABLE', `${place}: the transfer broke off; try again`, { cause });
  });
}
