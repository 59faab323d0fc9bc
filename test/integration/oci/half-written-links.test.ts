/** A registry killed between opening a link file and filling it answers 500 for that digest; copying again mends it. */
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createEgress } from '../../../adapters/egress/egress.ts';
import { copyArtifact } from '../../../adapters/oci/copy-artifact.ts';
import { createInProcessLease } from '../../../adapters/oci/in-process-lease.ts';
import { createOciRegistry } from '../../../adapters/oci/oci-registry.ts';
import { copyEvidence } from '../../../adapters/sigstore/copy-evidence.ts';
import { type Digest, digestHex } from '../../../domain/artifact/digest.ts';
import { registryWithoutUsers } from '../../../infra/dev/parts/registry.ts';
import { buildImage, buildReferrer, manifestBytes, pushImage } from '../../images.ts';
import { startOwnServer } from '../../own-server.ts';

it('artifact and evidence are copied again over link files that are empty', async () => {
  await using server = await startOwnServer(
    registryWithoutUsers,
    async ({ launch }) => launch,
    async ({ ports }) => fetch(`http://127.0.0.1:${ports.main}/v2/`),
  );
  const host = `127.0.0.1:${server.ports.main}`;
  const egress = createEgress({ configuredHosts: [host], allowPublicHosts: false });
  const registry = createOciRegistry({ host, egress, lease: createInProcessLease() });
  try {
    const image = await buildImage({ layers: [{ files: { 'app/content': 'half-written' } }] });
    const evidence = buildReferrer(image.top, 'application/vnd.example.note', 'a note');
    await pushImage(registry, 'shop', image, '1.0');
    for (const [digest, bytes] of evidence.blobs)
      if (digest !== evidence.top.digest) await registry.putBlob('shop', { digest, size: bytes.byteLength }, bytes);
    await registry.attachReferrer('shop', image.top.digest, manifestBytes(evidence), evidence.top.mediaType);
    const items = [{ subject: image.top.digest, manifest: evidence.top.digest }];
    const copy = async () => {
      await copyArtifact(registry, { from: 'shop', to: 'prod/shop', digest: image.top.digest });
      await copyEvidence(registry, 'shop', 'prod/shop', items);
    };
    await copy();
    const digests = [...image.blobs.keys(), ...evidence.blobs.keys()];
    const kept = join(server.home.dataDir('registry'), 'storage/docker/registry/v2/repositories/prod/shop');
    expect(await emptyLinks(kept, digests)).toBeGreaterThanOrEqual(digests.length);
    await expect(registry.resolve('prod/shop', image.top.digest)).rejects.toMatchObject({ status: 500 });

    // This process thinks that it has put the empty config there: that it is gone shows when a manifest names it, and then
    // an activity is tried again.
    await copy().catch(copy);

    for (const { blobs, top } of [image, evidence]) {
      expect((await registry.getManifest('prod/shop', top.digest))?.descriptor.digest).toBe(top.digest);
      for (const [digest, bytes] of blobs)
        if (digest !== top.digest)
          expect(
            await registry.getBlobBytes('prod/shop', { digest, size: bytes.byteLength }, bytes.byteLength),
          ).toHaveLength(bytes.byteLength);
    }
  } finally {
    await egress.close();
  }
});

/** Of these blobs and manifests; how many. The referrers tag and what it names stay: nothing can tell what was in a lost list. */
async function emptyLinks(folder: string, digests: readonly Digest[]): Promise<number> {
  const wanted = new Set(digests.map(digestHex));
  const links = (await readdir(folder, { recursive: true })).filter((path) => {
    const [hex = '', name] = path.split('/').slice(-2);
    return name === 'link' && wanted.has(hex) && !path.includes('/_manifests/tags/');
  });
  for (const link of links) await truncate(join(folder, link));
  return links.length;
}
