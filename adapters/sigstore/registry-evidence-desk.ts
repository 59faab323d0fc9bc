import type { Registry } from '../../domain/artifact/registry.ts';
import type { EvidenceDesk } from '../../domain/trust/evidence-desk.ts';
import { attachBundles } from './attach-bundle.ts';
import { attachCosignSignature } from './attach-cosign-signature.ts';
import { createBundleManifest } from './bundle-manifest.ts';
import { copyEvidence } from './copy-evidence.ts';
import { missingEvidence } from './missing-evidence.ts';
import { readEvidence, readOneEvidence } from './read-evidence.ts';
import { readReferrers } from './read-referrers.ts';

/** The evidence desk on an OCI registry: bundles as referrers, in the form cosign 3 reads. `copying` may remember manifests. */
export function createRegistryEvidenceDesk(registry: Registry, copying: Registry = registry): EvidenceDesk {
  return {
    read: (repository, subject, options) => readEvidence(registry, repository, subject, options),
    readOne: (repository, subject, manifest) => readOneEvidence(registry, repository, subject, manifest),
    manifestOf: ({ subject, bundle, predicateType, created }) =>
      createBundleManifest(subject, bundle, predicateType, created).descriptor.digest,
    attach: async (repository, items, confirm, unlisted = []) =>
      attachBundles(registry, repository, items, {
        confirm,
        beside: await readReferrers(copying, repository, unlisted),
      }),
    copy: (from, to, items, options) => copyEvidence(copying, from, to, items, options),
    attachLegacySignature: (repository, subject, reference, signer, onCreate) =>
      attachCosignSignature(registry, { repository, subject, reference }, signer, onCreate),
    missing: (repository, items) => missingEvidence(registry, repository, items),
  };
}
