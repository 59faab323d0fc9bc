export type SbomErrorCode =
  | 'SBOM_NOT_JSON'
  | 'SBOM_NOT_XML'
  | 'SBOM_UNKNOWN_FORMAT' // none of the formats that are read
  | 'SBOM_UNSUPPORTED_VERSION'
  | 'SBOM_INVALID'
  | 'SBOM_TOO_LARGE';

/** A document that is no SBOM we read. The message names the place in it, never its content. */
export class SbomError extends Error {
  override readonly name = 'SbomError';
  readonly code: SbomErrorCode;

  constructor(code: SbomErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
