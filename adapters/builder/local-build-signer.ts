import type { BuildSigner, SigningRequest } from '../../domain/building/build-signer.ts';
import { BuildError } from '../../domain/building/builder.ts';
import { createCosignSignature } from '../../domain/trust/cosign-signature.ts';
import { createProvenance } from '../../domain/trust/provenance-statement.ts';
import type { BundleSigner, Signer } from '../../domain/trust/signer.ts';
import { readLayout } from './read-layout.ts';

export interface LocalBuildSignerOptions {
  /** The builder's own key: neither the evidence key nor an environment's admission key. */
  readonly signer: Signer;
  readonly bundleSigner: BundleSigner;
  /** URI of the builder, as the policy names it. */
  readonly builderId: string;
  /** The machine that built. */
  readonly builderHost: string;
  /** Layouts lie in this folder. */
  readonly buildFolder: string;
}

/** Signs in this process, which should be one that runs no recipe. */
export function createLocalBuildSigner(options: LocalBuildSignerOptions): BuildSigner {
  const { signer, bundleSigner, builderId, builderHost, buildFolder } = options;
  return {
    async sign(request) {
      await compareLayout(request, buildFolder);
      const { digest, layout: _, ...run } = request;
      const [signature, provenance] = await Promise.all([
        bundleSigner.sign(createCosignSignature(digest), signer),
        bundleSigner.sign(createProvenance(digest, { ...run, builderId, builderHost }), signer),
      ]);
      return { signature, provenance };
    },
  };
}

/** Every blob is read and hashed: the request is somebody's word. */
async function compareLayout({ layout, digest }: SigningRequest, folder: string): Promise<void> {
  const found = await readLayout(layout, folder).catch((cause: unknown) => {
    if (!(cause instanceof BuildError)) throw cause;
    throw new BuildError('SIGNER_REFUSED', `not signed: ${cause.message}`, { cause });
  });
  if (found.digest !== digest)
    throw new BuildError('SIGNER_REFUSED', `not signed: the layout holds ${found.digest}, built was ${digest}`);
}
