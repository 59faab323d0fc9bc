export type CatalogErrorCode =
  | 'NOT_TEXT' // bytes that are not UTF-8
  | 'NOT_JSON'
  | 'NOT_YAML'
  | 'NOT_TOML'
  | 'NOT_XML'
  | 'UNEXPECTED_SHAPE' // parses, and is not what the format says
  | 'UNSUPPORTED_VERSION'
  | 'TOO_MANY'
  | 'TRUNCATED';

/** A file a cataloger wanted and could not read. The message says what is wrong with it, never what is in it. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError';
  readonly code: CatalogErrorCode;

  constructor(code: CatalogErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
