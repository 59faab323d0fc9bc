import { parseOsvRecord } from '../../domain/advisory/osv-record.ts';
import type { FeedItem } from './feed.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes of one JSON document to a record, or to the reason why it is none. */
export function decodeRecord(place: string, bytes: Uint8Array): FeedItem {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(bytes));
  } catch {
    return { kind: 'rejected', place, reason: 'not a JSON document in UTF-8' };
  }
  const parsed = parseOsvRecord(json);
  return parsed.kind === 'record' ? parsed : { kind: 'rejected', place, reason: parsed.reason };
}
