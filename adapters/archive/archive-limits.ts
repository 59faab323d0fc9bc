const MEBIBYTE = 1024 * 1024;

/** Bounds on what an archive may make us do. All of them hold for one layer or one file. */
export interface ArchiveLimits {
  /** Names this set in cache keys. */
  readonly name: string;
  readonly maxEntries: number;
  /** Bytes after decompression. */
  readonly maxExpandedBytes: number;
  /** Expanded bytes for one compressed byte, counted once `ratioFloorBytes` have come out. */
  readonly maxRatio: number;
  readonly ratioFloorBytes: number;
  /** Characters of one path. */
  readonly maxPathLength: number;
  /** Files, links and whiteouts kept of one layer. */
  readonly maxKept: number;
  /** Archives inside archives. */
  readonly maxNesting: number;
  /** Bytes of all wanted entries of one zip file together, with the archives inside it. */
  readonly maxZipKeptBytes: number;
}

/** Real layers stay far below: the largest public images have some 500,000 entries and 20 GiB. */
export const defaultLimits: ArchiveLimits = {
  name: '2',
  maxEntries: 2_000_000,
  maxExpandedBytes: 32 * 1024 * MEBIBYTE,
  maxRatio: 400,
  ratioFloorBytes: 256 * MEBIBYTE,
  maxPathLength: 4096,
  maxKept: 120_000,
  maxNesting: 5,
  maxZipKeptBytes: 512 * MEBIBYTE,
};
