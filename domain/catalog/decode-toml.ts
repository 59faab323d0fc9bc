import { parse } from 'smol-toml';
import { CatalogError } from './catalog-error.ts';
import { decodeText } from './decode-text.ts';
import type { Fields } from './read-fields.ts';

/** TOML 1.0. Throws a CatalogError (NOT_TEXT, NOT_TOML); the parser's own message is dropped: it quotes the payload. */
export function decodeToml(bytes: Uint8Array): Fields {
  const text = decodeText(bytes);
  try {
    return parse(text);
  } catch {
    throw new CatalogError('NOT_TOML', 'not TOML');
  }
}
