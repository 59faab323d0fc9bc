/** How the trust worker reads documents that others attested: our readers of SBOMs, our advisories, the artifact's registry. */
import { TrustError } from '../../activities/trust/trust-error.ts';
import { createTurns } from '../../adapters/concurrency/turns.ts';
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
/** Milliseconds an artifact waits until the documents of others are judged: less than its activity has (workflows: options.ts). */
const PATIENCE_MS = 90_000;

function tooMany(): TrustError {
  return new TrustError('DOCUMENTS_BUSY', 'documents of other artifacts are being judged: later');
}

export function createDocumentDesk(
  db: Database,
  registry: RegistryReader,
  patienceMs: number = PATIENCE_MS,
): DocumentDesk {
  const advisories = createPostgresAdvisories(db);
  const threats = createPostgresThreats(db);
  const take = createTurns(1);
  return {
    inTurn(judging) {
      // Who has the turn has it to the end: the documents are in memory for as long as they are judged.
      const waiting = new AbortController();
      const late = setTimeout(() => waiting.abort(tooMany()), patienceMs).unref();
      return take(() => {
        clearTimeout(late);
        return judging();
      }, waiting.signal);
    },
    readSbom(bytes) {
      try {
        return { stock: readSbom(bytes) };
      } catch (error) {
        if (!(error instanceof SbomError)) throw error;
        return { problem: `${error.code}: ${error.message}` };
      }
    },
    async scan(components, standingOf) {
      const { syncedAt } = await advisories.state();
      const feeds = await feedTimesOf(db, new Set(components.map(({ ecosystem }) => ecosystem)));
      return { ...(await scanComponents(components, advisories, threats, standingOf)), syncedAt, feeds };
    },
    tell: (findings) => addThreats(findings, threats),
    async attached(repository, subject, document) {
      return readAttached(registry, repository, subject, document, (descriptor) =>
        registry.getBlobBytes(repository, descriptor, MAX_DOCUMENT_BYTES),
      );
    },
  };
}
