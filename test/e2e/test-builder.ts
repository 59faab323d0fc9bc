/** A builder with a key of its own, that signs what it pushes and says where it came from. */
import { generateKeyPairSync } from 'node:crypto';
import { attachBundles } from '../../adapters/sigstore/attach-bundle.ts';
import { createBundleSigner } from '../../adapters/sigstore/bundle-signer.ts';
import { createLocalSigner } from '../../adapters/sigstore/local-signer.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Registry } from '../../domain/artifact/registry.ts';
import { createCosignSignature } from '../../domain/trust/cosign-signature.ts';
import { createProvenance } from '../../domain/trust/provenance-statement.ts';
import { manifestBytes, pushImage, type TestImage } from '../images.ts';

export interface TestBuilder {
  readonly id: string;
  readonly publicKeyPem: string;
  /** Pushes by digest, attaches signature and provenance, and gives the tag last. */
  push(
    registry: Registry,
    repository: string,
    image: TestImage,
    tag: string,
    source?: { readonly repository: string; readonly commit: string },
  ): Promise<Digest>;
}

const SOURCE = 'https://git.test/shop.git';
/** The principal who signed the commit everything here is built from. */
export const COMMITTER = 'casey';

export function createTestBuilder(id = 'https://builders.test/one'): TestBuilder {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = createLocalSigner(privateKey, 'the test builder');
  const bundles = createBundleSigner();
  return {
    id,
    publicKeyPem: signer.publicKeyPem,
    async push(registry, repository, image, tag, source = { repository: SOURCE, commit: 'c'.repeat(40) }) {
      const digest = await pushImage(registry, repository, image);
      const now = new Date().toISOString();
      const provenance = createProvenance(digest, {
        builderId: id,
        builderHost: 'builder-host.test',
        invocationId: `urn:test:${digest}`,
        source: {
          ...source,
          signedBy: COMMITTER,
          committerEmail: 'casey@shop.test',
          committedAt: 1_700_000_000,
        },
        toolchain: { node: '24' },
        startedOn: now,
        finishedOn: now,
      });
      const items = [];
      for (const statement of [createCosignSignature(digest), provenance])
        items.push({
          subject: image.top,
          bundle: await bundles.sign(statement, signer),
          predicateType: statement.predicateType,
          created: now,
        });
      await attachBundles(registry, repository, items);
      await registry.putManifest(repository, tag, manifestBytes(image), image.top.mediaType);
      return digest;
    },
  };
}
