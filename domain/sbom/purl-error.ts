/** A text that is no package URL, or parts that make none. The message says what is wrong, never what was in it. */
export class PurlError extends Error {
  override readonly name = 'PurlError';
  readonly code = 'INVALID_PURL';
}
