import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Registry, RegistryError } from '../../domain/artifact/registry.ts';
import type { BuildSigner } from '../../domain/building/build-signer.ts';
import type { FinishedBuild } from '../../domain/building/builder.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { attachBundles } from '../sigstore/attach-bundle.ts';
import { pushLayout } from './push-layout.ts';

export interface BuildPublication {
  readonly finished: FinishedBuild;
  readonly registry: Registry;
  readonly repository: string;
  readonly tag?: string;
  readonly buildSigner: BuildSigner;
  /** URI of this one run. Publishing it again is harmless: ECDSA signs anew, so the evidence is there twice. */
  readonly invocationId: string;
}

export interface PublishedBuild {
  readonly descriptor: Descriptor;
  /** Digests of the referrers' manifests. */
  readonly evidence: { readonly signature: Digest; readonly provenance: Digest };
}

/**
 * Has a finished build signed, pushes it by digest, attaches the builder's signature and its provenance, and only then gives the
 * tag: whoever hears of the tag finds the evidence. Throws BuildErrors of the signer, and RegistryErrors, also where the layout
 * changed since it was signed.
 */
export async function publishBuild(publication: BuildPublication): Promise<PublishedBuild> {
  const { finished, registry, repository, tag, buildSigner, invocationId } = publication;
  const signed = await buildSigner.sign({ ...finished, invocationId });
  const { descriptor, bytes } = await pushLayout(registry, repository, finished.layout);
  if (descriptor.digest !== finished.digest)
    throw new RegistryError(
      'REGISTRY_DIGEST_MISMATCH',
      `${repository}: the layout holds ${descriptor.digest}, built was ${finished.digest}`,
    );
  await reach('rebuild.pushed', descriptor.digest);
  const about = { subject: descriptor, created: finished.finishedOn };
  const [signature, provenance] = await attachBundles(registry, repository, [
    { ...about, bundle: signed.signature, predicateType: predicateTypes.cosignSignature },
    { ...about, bundle: signed.provenance, predicateType: predicateTypes.provenance },
  ]);
  if (tag !== undefined) await registry.putManifest(repository, tag, bytes, descriptor.mediaType);
  return { descriptor, evidence: { signature: signature!.manifest, provenance: provenance!.manifest } };
}
