import { parseAllDocuments } from 'yaml';
import { isNestedDeeply, MAX_YAML_NESTING } from '../yaml/nesting.ts';
import { CatalogError } from './catalog-error.ts';
import { MEBIBYTE } from './cataloger.ts';
import { decodeText } from './decode-text.ts';
import { readPlainYaml } from './read-plain-yaml.ts';

/** Characters. The library takes seconds for more, and what machines write is read without it. */
const MAX_LIBRARY_LENGTH = MEBIBYTE / 2;

/**
 * The documents of a YAML 1.2 stream, all scalars as text: versions such as `1.10` stay what they are. Aliases are
 * followed where `aliases` says how many times what they stand for may be repeated. Throws a CatalogError (NOT_TEXT, NOT_YAML, TOO_MANY); the parser's own message is dropped.
 */
export function decodeYaml(bytes: Uint8Array, { aliases = 0 }: { readonly aliases?: number } = {}): readonly unknown[] {
  const text = decodeText(bytes);
  const plain = readPlainYaml(text);
  if (plain !== undefined) return [plain];
  if (text.length > MAX_LIBRARY_LENGTH)
    throw new CatalogError(
      'TOO_MANY',
      `YAML of more than ${MAX_LIBRARY_LENGTH} characters that is not plainly laid out`,
    );
  if (isNestedDeeply(text)) throw new CatalogError('TOO_MANY', `YAML nested more than ${MAX_YAML_NESTING} deep`);
  try {
    const documents = parseAllDocuments(text, { schema: 'failsafe', logLevel: 'silent' });
    if (documents.length === 0 || documents.some(({ errors }) => errors.length > 0)) throw new TypeError('errors');
    return documents.map((document): unknown => document.toJS({ maxAliasCount: aliases }));
  } catch {
    throw new CatalogError(
      'NOT_YAML',
      aliases === 0 ? 'not YAML, or YAML with aliases' : 'not YAML, or YAML with more than a few aliases',
    );
  }
}
