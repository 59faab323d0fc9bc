import { CatalogError } from './catalog-error.ts';

const strict = new TextDecoder('utf-8', { fatal: true });
const lenient = new TextDecoder('utf-8');

/** UTF-8 text without its byte order mark. Throws a CatalogError (NOT_TEXT) on other bytes. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch (cause) {
    throw new CatalogError('NOT_TEXT', 'not UTF-8 text', { cause });
  }
}

/** For formats older than UTF-8 (dpkg status, manifests): what is no UTF-8 becomes U+FFFD. */
export function decodeLegacyText(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

/** Throws a CatalogError (NOT_TEXT, NOT_JSON). The parser's own message is dropped: it quotes the payload. */
export function decodeJson(bytes: Uint8Array): unknown {
  const text = decodeText(bytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new CatalogError('NOT_JSON', text.trim() === '' ? 'an empty file where JSON was expected' : 'not JSON');
  }
}
