export type ArchiveErrorCode =
  | 'ARCHIVE_TRUNCATED'
  | 'ARCHIVE_CORRUPT'
  | 'ARCHIVE_BOMB' // expands beyond a limit
  | 'ARCHIVE_TOO_MANY_ENTRIES'
  | 'ARCHIVE_HOSTILE_PATH' // absolute, with `..`, too long, or not text
  | 'ARCHIVE_UNSUPPORTED'
  | 'ARCHIVE_DIGEST_MISMATCH';

/** Bytes that are no archive we could read to its end. The message names the limit or the rule that was broken. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;

  constructor(code: ArchiveErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
