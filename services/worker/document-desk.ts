/** How the trust worker reads documents that others attested: our readers of SBOMs, our advisories, the artifact's registry. */
import { readAttached } from '../../adapters/oci/attached-document.ts';
import { createPostgresAdvisories } from '../../adapters/postgres/advisory-database.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { feedTimesOf } from '../../adapters/postgres/feed-times.ts';
import { createPostgresThreats } from '../../adapters/postgres/threats.ts';
import { readSbom } from '../../adapters/sbom/read-sbom.ts';
import { SbomError } from '../../adapters/sbom/sbom-error.ts';
import { scanComponents } from '../../domain/advisory/scan-components.ts';
import { addThreats } from '../../domain/advisory/threat.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';
import type { DocumentDesk } from '../../domain/trust/document-desk.ts';

/** Bytes of a document that is signed by reference: the trust worker holds it whole. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;

export function createDocumentDesk(db: Database, registry: RegistryReader): DocumentDesk {
  const advisories = createPostgresAdvisories(db);
  const threats = createPostgresThreats(db);
  return {
    readSbom(bytes) {
      try {
        return { stock: readSbom(bytes) };
      } catch (error) {
        if (!(error instanceof SbomError)) throw error;
        return { problem: `${error.code}: ${error.message}` };
      }
    },
    async scan(components) {
      const { syncedAt } = await advisories.state();
      const feeds = await feedTimesOf(db, new Set(components.map(({ ecosystem }) => ecosystem)));
      return { ...(await scanComponents(components, advisories, threats)), syncedAt, feeds };
    },
    tell: (findings) => addThreats(findings, threats),
    async attached(repository, subject, document) {
      return readAttached(registry, repository, subject, document, (descriptor) =>
        registry.getBlobBytes(repository, descriptor, MAX_DOCUMENT_BYTES),
      );
    },
  };
}
