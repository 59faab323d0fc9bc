import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Registry, RegistryError } from '../../domain/artifact/registry.ts';
import type { FinishedBuild } from '../../domain/building/builder.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import { createCosignSignature } from '../../domain/trust/cosign-signature.ts';
import { createProvenance } from '../../domain/trust/provenance-statement.ts';
import type { BundleSigner, Signer } from '../../domain/trust/signer.ts';
import type { Statement } from '../../domain/trust/statement.ts';
import { attachBundles } from '../sigstore/attach-bundle.ts';
import { pushLayout } from './push-layout.ts';

export interface BuildPublication {
  readonly finished: FinishedBuild;
  readonly registry: Registry;
  readonly repository: string;
  readonly tag?: string;
  /** The builder's own key: neither the evidence key nor an environment's admission key. */
  readonly signer: Signer;
  readonly bundleSigner: BundleSigner;
  /** URI of the builder, as the policy names it. */
  readonly builderId: string;
  /** The machine that built. */
  readonly builderHost: string;
  /** URI of this one run. Publishing it again is harmless: ECDSA signs anew, so the evidence is there twice. */
  readonly invocationId: string;
}

export interface PublishedBuild {
  readonly descriptor: Descriptor;
  /** Digests of the referrers' manifests. */
  readonly evidence: { readonly signature: Digest; readonly provenance: Digest };
}

/**
 * Pushes a finished build by digest, attaches the builder's signature and its provenance, and only then gives the tag: whoever
 * hears of the tag finds the evidence. Throws RegistryError, also where the layout changed since it was read.
 */
export async function publishBuild(publication: BuildPublication): Promise<PublishedBuild> {
  const { finished, registry, repository, tag } = publication;
  const { descriptor, bytes } = await pushLayout(registry, repository, finished.layout);
  if (descriptor.digest !== finished.digest)
    throw new RegistryError(
      'REGISTRY_DIGEST_MISMATCH',
      `${repository}: the layout holds ${descriptor.digest}, built was ${finished.digest}`,
    );
  await reach('rebuild.pushed', descriptor.digest);
  const statements = [createCosignSignature(descriptor.digest), describeBuild(publication)];
  const items = await Promise.all(statements.map((statement) => sign(publication, descriptor, statement)));
  const [signature, provenance] = await attachBundles(registry, repository, items);
  if (tag !== undefined) await registry.putManifest(repository, tag, bytes, descriptor.mediaType);
  return { descriptor, evidence: { signature: signature!.manifest, provenance: provenance!.manifest } };
}

function describeBuild({ finished, builderId, builderHost, invocationId }: BuildPublication): Statement {
  const { source, toolchain, startedOn, finishedOn, isolation } = finished;
  return createProvenance(finished.digest, {
    builderId,
    builderHost,
    invocationId,
    source,
    toolchain,
    startedOn,
    finishedOn,
    ...(isolation === undefined ? {} : { isolation }),
  });
}

async function sign(publication: BuildPublication, subject: Descriptor, statement: Statement) {
  const { signer, bundleSigner, finished } = publication;
  const bundle = await bundleSigner.sign(statement, signer);
  return { subject, bundle, predicateType: statement.predicateType, created: finished.finishedOn };
}
