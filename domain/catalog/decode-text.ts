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

/** Bytes of JSON below which the worst takes no more than some 50 MiB to read. */
const SMALL_JSON_BYTES = 1024 * 1024;
/** Lists and objects, open at once and in all. Each takes some 50 bytes of memory, however few its own are. */
const MAX_OPEN = 1000;
const MAX_LISTS_AND_OBJECTS = 2_000_000;

/** Throws a CatalogError (NOT_TEXT, NOT_JSON, TOO_MANY). The parser's own message is dropped: it quotes the payload. */
export function decodeJson(bytes: Uint8Array): unknown {
  if (bytes.length > SMALL_JSON_BYTES) boundJson(bytes);
  const text = decodeText(bytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new CatalogError('NOT_JSON', text.trim() === '' ? 'an empty file where JSON was expected' : 'not JSON');
  }
}

/** Counts brackets outside of texts: what is no JSON is found by its parser. */
function boundJson(bytes: Uint8Array): void {
  let open = 0;
  let all = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === 0x22) isText = !isText;
    else if (isText) {
      // What follows a backslash ends no text.
      if (byte === 0x5c) at += 1;
    } else if (byte === 0x5b || byte === 0x7b) {
      open += 1;
      all += 1;
      if (open > MAX_OPEN) throw new CatalogError('TOO_MANY', `JSON nested more than ${MAX_OPEN} deep`);
      if (all > MAX_LISTS_AND_OBJECTS)
        throw new CatalogError('TOO_MANY', `JSON of more than ${MAX_LISTS_AND_OBJECTS} lists and objects`);
    } else if (byte === 0x5d || byte === 0x7d) open -= 1;
  }
}
