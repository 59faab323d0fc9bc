import type { OsvRecord } from '../../domain/advisory/osv-record.ts';

/** One record of a feed, or the place of one that is none and why: a feed is read to its end either way. */
export type FeedItem =
  | { readonly kind: 'record'; readonly record: OsvRecord }
  | { readonly kind: 'rejected'; readonly place: string; readonly reason: string };

/** Upper bounds of a feed; real ones stay far below. */
export const feedLimits = {
  recordBytes: 16 * 1024 * 1024,
  records: 5_000_000,
  /** Of a zip file as it is transferred. */
  archiveBytes: 4 * 1024 ** 3,
  /** Of all records together, unpacked. */
  totalBytes: 64 * 1024 ** 3,
  folderDepth: 8,
} as const;
