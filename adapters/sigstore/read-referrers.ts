import type { RegistryReader } from '../../domain/artifact/registry.ts';
import type { EvidenceToCopy } from '../../domain/trust/evidence-desk.ts';
import { mapConcurrently } from '../concurrency/map-concurrently.ts';
import type { ReferrerThere } from './attach-bundle.ts';

const CONCURRENT_READS = 8;

/** The manifests of evidence, as far as the registry has them and they are about their subject: who counts them later sees what is missing. */
export async function readReferrers(
  registry: Pick<RegistryReader, 'getManifest'>,
  repository: string,
  items: readonly EvidenceToCopy[],
): Promise<ReferrerThere[]> {
  const found = await mapConcurrently(items, CONCURRENT_READS, async ({ subject, manifest }) => {
    const stored = await registry.getManifest(repository, manifest);
    const isAbout = stored?.content.kind === 'manifest' && stored.content.manifest.subject?.digest === subject;
    return isAbout ? [{ subject, stored }] : [];
  });
  return found.flat();
}
