import type { BlobReference } from '../artifact/descriptor.ts';
import { type Digest, digestHex } from '../artifact/digest.ts';
import { createStatement, predicateTypes, type Statement } from './statement.ts';

/** Bytes of a document above which it is signed by reference: base64 in the envelope and again in clients' memory. */
export const maxEmbeddedDocumentBytes = 8 * 1024 * 1024;

export interface SbomDocument {
  readonly format: 'cyclonedx' | 'spdx';
  /** The parsed JSON document. */
  readonly content: unknown;
  /** The document as stored: digest over its exact bytes. */
  readonly stored: BlobReference;
  /** Where it can be fetched, for the form by reference: a URI. Absent for a document that is embedded. */
  readonly location?: string;
}

/**
 * An SBOM as evidence: the document itself as predicate (https://cyclonedx.org/bom, https://spdx.dev/Document), or, above
 * `maxEmbeddedDocumentBytes`, its digest and location (https://in-toto.io/attestation/reference/v0.1).
 * The second form is invisible to `cosign verify-attestation --type cyclonedx`.
 * `attester` is the URI of the installation that made the document.
 */
export function createSbomStatement(subject: Digest, sbom: SbomDocument, attester: string): Statement {
  const { location } = sbom;
  if (sbom.stored.size <= maxEmbeddedDocumentBytes || location === undefined)
    return createStatement(
      subject,
      sbom.format === 'cyclonedx' ? predicateTypes.cycloneDx : predicateTypes.spdx,
      sbom.content,
    );
  return createReferenceStatement(subject, { stored: sbom.stored, location }, attester);
}

/** The form by reference: what is signed is the document's digest. */
export function createReferenceStatement(
  subject: Digest,
  { stored, location }: { readonly stored: BlobReference; readonly location: string },
  attester: string,
): Statement {
  return createStatement(subject, predicateTypes.reference, {
    attester: { id: attester },
    references: [
      { downloadLocation: location, digest: { sha256: digestHex(stored.digest) }, mediaType: stored.mediaType },
    ],
  });
}
