import { describe, expect, it } from 'vitest';
import { attachDocument } from '../../../../adapters/oci/attached-document.ts';
import { attachBundle } from '../../../../adapters/sigstore/attach-bundle.ts';
import { readEvidenceGraph } from '../../../../adapters/sigstore/read-evidence-graph.ts';
import { mediaTypes } from '../../../../domain/artifact/descriptor.ts';
import { type Digest, digestHex, parseDigest } from '../../../../domain/artifact/digest.ts';
import { type Registry, RegistryError } from '../../../../domain/artifact/registry.ts';
import { countNodes } from '../../../../domain/trust/evidence-graph.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';
import { createMemoryRegistry } from '../../../fakes/memory-registry.ts';

const encode = (value: object) => new TextEncoder().encode(JSON.stringify(value));
const created = '2026-01-02T03:04:05Z';

async function pushIndex(registry: Registry): Promise<{ index: Digest; amd64: Digest; arm64: Digest }> {
  const push = async (label: string) =>
    registry.putManifest(
      'shop',
      label,
      encode({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: { mediaType: mediaTypes.ociConfig, digest: `sha256:${'c'.repeat(64)}`, size: 1 },
        layers: [],
        annotations: { label },
      }),
      mediaTypes.ociManifest,
    );
  const [amd64, arm64] = [await push('amd64'), await push('arm64')];
  const manifests = [
    { ...amd64, platform: { os: 'linux', architecture: 'amd64' } },
    { ...arm64, platform: { os: 'linux', architecture: 'arm64' } },
  ];
  const list = encode({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  const index = await registry.putManifest('shop', '1.0', list, mediaTypes.ociIndex);
  return { index: index.digest, amd64: amd64.digest, arm64: arm64.digest };
}

async function sign(registry: Registry, digest: Digest, predicateType: string): Promise<Digest> {
  const subject = (await registry.resolve('shop', digest))!;
  return attachBundle(registry, {
    repository: 'shop',
    subject,
    bundle: encode({ predicateType }),
    predicateType,
    created,
  });
}

describe('the evidence graph', () => {
  it('has platforms, what refers to each, evidence about evidence, and the older tags', async () => {
    const { registry } = createMemoryRegistry();
    const { index, amd64, arm64 } = await pushIndex(registry);
    const signature = await sign(registry, index, predicateTypes.cosignSignature);
    await sign(registry, signature, predicateTypes.vsa);
    await attachDocument(registry, 'shop', arm64, { mediaType: mediaTypes.spdx, bytes: encode({}) });
    const legacy = await registry.putManifest(
      'shop',
      `sha256-${digestHex(amd64)}.sig`,
      encode({ schemaVersion: 2, config: { mediaType: 'x', digest: amd64, size: 1 }, layers: [] }),
      mediaTypes.ociManifest,
    );
    const root = await readEvidenceGraph(registry, 'shop', index);
    expect(root).toMatchObject({ digest: index, kind: 'index' });
    expect(root.platforms.map(({ says }) => says)).toEqual(['linux/amd64', 'linux/arm64']);
    expect(root.platforms[0]?.referrers).toMatchObject([{ kind: 'legacy', digest: legacy.digest }]);
    expect(root.platforms[1]?.referrers).toMatchObject([{ kind: 'document', says: mediaTypes.spdx }]);
    expect(root.referrers).toMatchObject([{ kind: 'evidence', digest: signature, referrers: [{ kind: 'evidence' }] }]);
    expect(countNodes(root)).toBe(7);
  });

  it('says what it could not read, and where the root is not there', async () => {
    const { registry } = createMemoryRegistry();
    const { index, arm64 } = await pushIndex(registry);
    const broken: Registry = {
      ...registry,
      listReferrers: async (repository, subject, options) => {
        if (subject === arm64) throw new RegistryError('REGISTRY_TOO_LARGE', 'more than 1000 pages');
        return registry.listReferrers(repository, subject, options);
      },
    };
    const root = await readEvidenceGraph(broken, 'shop', index);
    expect(root.platforms[1]).toMatchObject({ unread: 'more than 1000 pages', referrers: [] });
    const nowhere = parseDigest(`sha256:${'0'.repeat(64)}`);
    await expect(readEvidenceGraph(registry, 'shop', nowhere)).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND' });
  });

  it('a circle of referrers ends', async () => {
    const { registry } = createMemoryRegistry();
    const { amd64 } = await pushIndex(registry);
    const signature = await sign(registry, amd64, predicateTypes.vsa);
    const circle: Registry = {
      ...registry,
      listReferrers: async () => [
        (await registry.resolve('shop', signature))!,
        (await registry.resolve('shop', amd64))!,
      ],
    };
    expect(countNodes(await readEvidenceGraph(circle, 'shop', amd64))).toBeLessThan(20);
  });
});
