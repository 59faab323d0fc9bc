import { CatalogError } from '../../domain/catalog/catalog-error.ts';
import type { Cataloger } from '../../domain/catalog/cataloger.ts';
import type { FileFacts } from '../../domain/catalog/layer-findings.ts';
import { publicFacts } from '../../domain/catalog/public-facts.ts';
import { PurlError } from '../../domain/sbom/purl-error.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import type { ArchiveLimits } from '../archive/archive-limits.ts';
import { catalogArchive } from './catalog-archive.ts';

/** What one wanted file says. A broken file gives facts that say so: it is reported, and stops nothing. */
export function catalogFile(
  cataloger: Cataloger,
  path: string,
  bytes: Uint8Array,
  limits: ArchiveLimits,
): FileFacts | undefined {
  try {
    const facts =
      cataloger.kind === 'file' ? cataloger.catalog(path, bytes) : catalogArchive(cataloger, path, bytes, limits);
    return facts === undefined ? undefined : publicFacts(facts);
  } catch (error) {
    if (error instanceof CatalogError || error instanceof PurlError || error instanceof ArchiveError)
      return publicFacts({ kind: 'unreadable', reason: `${cataloger.name}: ${error.message}` });
    throw error;
  }
}
