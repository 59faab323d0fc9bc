export type ImportErrorCode = 'IMPORT_TOO_MANY' | 'IMPORT_TOO_LARGE' | 'IMPORT_NOT_TEXT' | 'IMPORT_NOT_READABLE';

/** Thrown by what reads objects and manifests. The message says what to give instead, and quotes nothing of them. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly code: ImportErrorCode;

  constructor(code: ImportErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
