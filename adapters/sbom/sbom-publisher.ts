/** Writes SBOMs of images and keeps them in the blob store: what statements refer to. */
import type { BlobStore } from '../../domain/artifact/blob-store.ts';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { SbomPublisher } from '../../domain/sbom/sbom-publisher.ts';
import { maxEmbeddedDocumentBytes } from '../../domain/trust/sbom-statement.ts';
import type { Document } from '../oci/attached-document.ts';
import { imageSubject } from './image-subject.ts';
import { writeCycloneDx } from './write-cyclonedx.ts';
import { writeSpdx } from './write-spdx.ts';

export interface SbomPublisherOptions {
  readonly blobs: BlobStore;
  readonly toolVersion: string;
  /** Keeps a document that is too large for a statement where it can be fetched, and returns that URI. */
  readonly attach: (repository: string, subject: Digest, document: Document, stored: Digest) => Promise<string>;
}

/** For images that do not say when they were made: a fixed instant, so that the document stays the same. */
const UNKNOWN_TIME = '1970-01-01T00:00:00Z';

export function createSbomPublisher({ blobs, toolVersion, attach }: SbomPublisherOptions): SbomPublisher {
  return {
    async publish(format, { repository, digest, platform, stock, created, build = [] }) {
      const document = {
        subject: imageSubject(repository, digest, platform),
        stock,
        ...(build.length === 0 ? {} : { build }),
        created: toSeconds(created ?? UNKNOWN_TIME),
        toolVersion,
      };
      const bytes = format === 'cyclonedx' ? writeCycloneDx(document) : writeSpdx(document);
      const mediaType = format === 'cyclonedx' ? mediaTypes.cycloneDx : mediaTypes.spdx;
      const stored = await blobs.put(bytes, mediaType);
      const content: unknown = JSON.parse(new TextDecoder().decode(bytes));
      if (stored.size <= maxEmbeddedDocumentBytes) return { format, content, stored };
      const location = await attach(repository, digest, { mediaType, bytes }, stored.digest);
      return { format, content, stored, location };
    },
  };
}

/** ISO 8601 in UTC, to the second: all that SPDX allows. */
export function toSeconds(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
