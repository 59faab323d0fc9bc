/** Bytes to documents, for objects of a cluster and files of a folder: bounded, and never two meanings of one text. */
import { CatalogError } from '../catalog/catalog-error.ts';
import { decodeYaml } from '../catalog/decode-yaml.ts';
import { jsonAmbiguity } from '../json/ambiguity.ts';
import { ImportError } from './import-error.ts';

/** `kubectl get pods -A -o json` of some twenty thousand pods. */
export const MAX_CLUSTER_BYTES = 256 * 1024 * 1024;
const MAX_JSON_DEPTH = 100;
const MAX_DOCUMENTS = 10_000;

/** JSON, or a stream of YAML documents. Throws an ImportError; none of the text is in it. */
export function decodeDocuments(bytes: Uint8Array): readonly unknown[] {
  if (bytes.byteLength > MAX_CLUSTER_BYTES)
    throw new ImportError('IMPORT_TOO_LARGE', `more than ${MAX_CLUSTER_BYTES / 1024 / 1024} MiB: give it by namespace`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ImportError('IMPORT_NOT_TEXT', 'not UTF-8 text', { cause });
  }
  const start = text.trimStart()[0];
  return start === '{' || start === '[' ? [decodeJson(text)] : splitDocuments(text).flatMap(decodeOne);
}

function decodeJson(text: string): unknown {
  // Before anything is built from it: nesting that overflows, and a key twice.
  const ambiguity = jsonAmbiguity(text, MAX_JSON_DEPTH);
  if (ambiguity !== undefined) throw new ImportError('IMPORT_NOT_READABLE', `JSON with ${ambiguity}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new ImportError('IMPORT_NOT_READABLE', 'not JSON to its end');
  }
}

/** `---` alone, or with a comment, at the start of a line (YAML 1.2.2, 9.1.3); in a block scalar it would be indented. */
function splitDocuments(text: string): string[] {
  const documents = text.split(/^---(?=\s|$)/m).filter((document) => /^[^\S\n]*[^\s#]/m.test(document));
  if (documents.length > MAX_DOCUMENTS)
    throw new ImportError('IMPORT_TOO_MANY', `more than ${MAX_DOCUMENTS} YAML documents in one file`);
  return documents;
}

function decodeOne(text: string): readonly unknown[] {
  try {
    return decodeYaml(new TextEncoder().encode(text));
  } catch (cause) {
    if (!(cause instanceof CatalogError)) throw cause;
    const why = cause.code === 'TOO_MANY' ? `${cause.message}; give it as JSON (-o json)` : cause.message;
    throw new ImportError('IMPORT_NOT_READABLE', why, { cause });
  }
}
