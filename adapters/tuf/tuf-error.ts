export type TufErrorCode =
  | 'TUF_ROOT_MISSING' // nobody said which root to begin with
  | 'TUF_ROOT_INVALID' // what was given to begin with is no root that signed itself
  | 'TUF_METADATA_MALFORMED'
  | 'TUF_SIGNER_UNKNOWN' // arbitrary keys: none of the role's own signed it
  | 'TUF_THRESHOLD_NOT_MET' // too few of them did
  | 'TUF_ROLLBACK' // older than what was seen before
  | 'TUF_EXPIRED' // frozen: nothing newer came in time
  | 'TUF_MIX_AND_MATCH' // files of different states of the repository
  | 'TUF_TARGET_MISMATCH' // a target with another length or hash than was signed
  | 'TUF_TARGET_UNKNOWN'
  | 'TUF_TOO_LARGE' // endless data
  | 'TUF_TOO_SLOW' // slow retrieval, or no answer in time
  | 'TUF_UNREACHABLE'
  | 'TUF_CACHE_EMPTY'; // offline, and nothing was ever fetched

/** Thrown where a repository (The Update Framework) gives nothing that can be trusted. The message names mirror and file. */
export class TufError extends Error {
  override readonly name = 'TufError';
  readonly code: TufErrorCode;

  constructor(code: TufErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
