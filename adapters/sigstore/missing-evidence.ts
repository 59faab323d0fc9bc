import type { Digest } from '../../domain/artifact/digest.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';
import { maxListedReferrers } from './read-evidence.ts';

/** Which manifests the registry does not hold, or does not list among the referrers of their subject; asked by digest, now. */
export async function missingEvidence(
  registry: RegistryReader,
  repository: string,
  items: readonly { readonly subject: Digest; readonly manifest: Digest }[],
): Promise<Digest[]> {
  const missing: Digest[] = [];
  for (const subject of new Set(items.map((item) => item.subject))) {
    const referrers = await registry.listReferrers(repository, subject, { limit: maxListedReferrers });
    const listed = new Set(referrers.map(({ digest }) => digest));
    for (const { manifest } of items.filter((item) => item.subject === subject))
      if (!listed.has(manifest) || (await registry.resolve(repository, manifest)) === undefined) missing.push(manifest);
  }
  return missing;
}
