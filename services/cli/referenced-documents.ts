/** Documents a statement signs by reference: fetched from the registry of the image, and compared with the digest that is signed. */
import { z } from 'zod';
import { documentRepository, readAttached } from '../../adapters/oci/attached-document.ts';
import { type Digest, isDigest } from '../../domain/artifact/digest.ts';
import { RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';

export interface ReferencedDocument {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

export type FoundDocuments =
  | { readonly outcome: 'found'; readonly documents: readonly ReferencedDocument[] }
  | { readonly outcome: 'rejected'; readonly code: 'DOCUMENT_MISSING' | 'DOCUMENT_MISMATCH'; readonly reason: string };

/** Fetches and checks what a statement of https://in-toto.io/attestation/reference/v0.1 names. */
export type FindDocuments = (predicate: unknown) => Promise<FoundDocuments>;

const MAX_REFERENCES = 10;

const referencePredicate = z.object({
  references: z
    .array(
      z.object({
        downloadLocation: z.string().max(2000),
        digest: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
        mediaType: z.string().max(200),
      }),
    )
    .min(1)
    .max(MAX_REFERENCES),
});

type Reader = Pick<RegistryReader, 'listReferrers' | 'getManifest' | 'getBlob'>;

/** `host` is the registry's, undefined for a layout on disk: another repository of the same registry may have it too. */
export function createDocumentFinder(
  registry: Reader,
  image: { readonly repository: string; readonly digest: Digest },
  host: string | undefined,
): FindDocuments {
  return async (predicate) => {
    const parsed = referencePredicate.safeParse(predicate);
    if (!parsed.success) return missing('the statement names no document by media type, location and SHA-256');
    const documents: ReferencedDocument[] = [];
    for (const { downloadLocation, digest, mediaType } of parsed.data.references) {
      const wanted = { mediaType, digest: `sha256:${digest.sha256}` };
      if (!isDigest(wanted.digest)) return missing('the statement names a digest that is none');
      const elsewhere = host === undefined ? undefined : documentRepository(downloadLocation, host);
      const checked = await check(registry, image, { ...wanted, digest: wanted.digest }, elsewhere);
      if (checked === undefined)
        return missing(
          `the ${mediaType} it refers to, ${wanted.digest}, is not attached to the image (${downloadLocation})`,
        );
      if (checked.outcome === 'rejected') return checked;
      documents.push(...checked.documents);
    }
    return { outcome: 'found', documents };
  };
}

async function check(
  registry: Reader,
  { repository, digest: subject }: { readonly repository: string; readonly digest: Digest },
  wanted: { readonly mediaType: string; readonly digest: Digest },
  elsewhere: string | undefined,
): Promise<FoundDocuments | undefined> {
  for (const place of new Set([repository, elsewhere ?? repository])) {
    try {
      const size = await readAttached(registry, place, subject, wanted, async (found) => {
        let length = 0;
        // Verified as it is read, and not kept: it can be large.
        for await (const chunk of await registry.getBlob(place, found)) length += chunk.length;
        return length;
      });
      if (size === undefined) continue;
      return { outcome: 'found', documents: [{ ...wanted, size }] };
    } catch (error) {
      if (!(error instanceof RegistryError) || error.code === 'REGISTRY_UNAVAILABLE') throw error;
      return { outcome: 'rejected', code: 'DOCUMENT_MISMATCH', reason: error.message };
    }
  }
  return undefined;
}

function missing(reason: string): FoundDocuments {
  return { outcome: 'rejected', code: 'DOCUMENT_MISSING', reason };
}
