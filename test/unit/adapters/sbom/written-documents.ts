import { documentFormats } from '../../../../adapters/sbom/document-formats.ts';
import { readSbomStream } from '../../../../adapters/sbom/read-sbom.ts';
import type { SbomReading } from '../../../../adapters/sbom/sbom-reading.ts';
import type { SbomDocument } from '../../../../domain/sbom/document.ts';

/** Every format in every version: `[name, version]`. */
export const everyFormat = documentFormats.flatMap(({ name, versions }) =>
  versions.map((version) => [name, version] as const),
);

/** The document as text. */
export async function writeDocument(name: string, version: string, document: SbomDocument): Promise<string> {
  const format = documentFormats.find((one) => one.name === name);
  if (format === undefined) throw new RangeError(`no format ${name}`);
  return [...(await format.load(version))(document)].join('');
}

/** Reads it in pieces, as a file would come: small ones, so that every state meets a border. */
export function readInPieces(text: string, size = 997): Promise<SbomReading> {
  const bytes = new TextEncoder().encode(text);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  return readSbomStream(pieces());
}
