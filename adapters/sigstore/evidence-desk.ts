import type { Digest } from '../../domain/artifact/digest.ts';
import { type Registry, RegistryError } from '../../domain/artifact/registry.ts';
import type { EvidenceDesk, EvidenceToAttach } from '../../domain/trust/evidence-desk.ts';
import { createBundleManifest } from './bundle-manifest.ts';
import { readEvidence } from './read-evidence.ts';

/** Evidence in a registry, many pieces at a time: one update of the referrers per subject, one look back. */
export function createEvidenceDesk(
  registry: Registry,
  copyArtifact: (registry: Registry, route: { from: string; to: string; digest: Digest }) => Promise<Digest[]>,
): EvidenceDesk {
  return {
    read: (repository, subject, options) => readEvidence(registry, repository, subject, options),
    async attach(repository, items) {
      const made = items.map((item) =>
        createBundleManifest(item.subject, item.bundle, item.predicateType, item.created),
      );
      const bySubject = Map.groupBy(
        items.map((item, position) => ({ item, manifest: made[position] as ReturnType<typeof createBundleManifest> })),
        ({ item }) => item.subject.digest,
      );
      for (const [subject, group] of bySubject) await attachGroup(registry, repository, subject, group);
      return made.map(({ descriptor, blobs }) => ({
        manifest: descriptor.digest,
        bundle: (blobs.at(-1) as (typeof blobs)[number]).descriptor.digest,
      }));
    },
    async copy(from, to, items) {
      const created: Digest[] = [];
      for (const [subject, group] of Map.groupBy(items, (item) => item.subject)) {
        const manifests: { bytes: Uint8Array; mediaType: string }[] = [];
        for (const { manifest } of group) {
          const stored = await registry.getManifest(from, manifest);
          if (stored === undefined)
            throw new RegistryError(
              'REGISTRY_NOT_FOUND',
              `${from}@${manifest}: recorded evidence is gone from the registry`,
            );
          created.push(...(await copyArtifact(registry, { from, to, digest: manifest })));
          manifests.push({ bytes: stored.bytes, mediaType: stored.descriptor.mediaType });
        }
        await registry.attachReferrers(to, subject, manifests);
      }
      return created;
    },
    async missing(repository, items) {
      const missing: Digest[] = [];
      for (const [subject, group] of Map.groupBy(items, (item) => item.subject)) {
        const listed = new Set((await registry.listReferrers(repository, subject)).map(({ digest }) => digest));
        for (const { manifest } of group)
          if (!listed.has(manifest) || (await registry.resolve(repository, manifest)) === undefined)
            missing.push(manifest);
      }
      return missing;
    },
  };
}

async function attachGroup(
  registry: Registry,
  repository: string,
  subject: Digest,
  group: readonly { item: EvidenceToAttach; manifest: ReturnType<typeof createBundleManifest> }[],
): Promise<void> {
  const listed = new Set((await registry.listReferrers(repository, subject)).map(({ digest }) => digest));
  const lacking = group.filter(({ manifest }) => !listed.has(manifest.descriptor.digest));
  const sent = new Set<Digest>();
  for (const { manifest } of lacking)
    for (const { descriptor, bytes } of manifest.blobs) {
      if (sent.has(descriptor.digest)) continue;
      await registry.putBlob(repository, descriptor, bytes);
      sent.add(descriptor.digest);
    }
  await registry.attachReferrers(
    repository,
    subject,
    lacking.map(({ manifest }) => ({ bytes: manifest.bytes, mediaType: manifest.descriptor.mediaType })),
  );
}
