import type { Digest } from '../../domain/artifact/digest.ts';
import { type Confirm, type Registry, RegistryError, type StoredManifest } from '../../domain/artifact/registry.ts';
import type { EvidenceToAttach } from '../../domain/trust/evidence-desk.ts';
import { mapConcurrently } from '../concurrency/map-concurrently.ts';
import { lookBeforeWriting } from '../oci/look-before-writing.ts';
import { type BundleManifest, createBundleManifest } from './bundle-manifest.ts';
import { absentEvidence, missingEvidence } from './missing-evidence.ts';
import { once, writing } from './once-per-repository.ts';

const CONCURRENT_UPLOADS = 4;

/** One attachment, to one repository. */
export interface Attachment extends EvidenceToAttach {
  readonly repository: string;
}

/** `attachBundles` for one; the digest of the bundle's manifest. */
export async function attachBundle(registry: Registry, { repository, ...item }: Attachment): Promise<Digest> {
  const [attached] = await attachBundles(registry, repository, [item]);
  return attached!.manifest;
}

/** A manifest that is there, and what it is about. */
export interface ReferrerThere {
  readonly subject: Digest;
  readonly stored: StoredManifest;
}

interface Prepared {
  readonly subject: Digest;
  readonly manifest: BundleManifest;
}

/**
 * Attaches bundles to artifacts as cosign 3 does, and finds each again among its subject's referrers before it says so. What may
 * be there is looked for first, and not written again where the registry holds and lists it now.
 * Returns the digests of manifest and bundle, in order. Throws a RegistryError where the registry does not show them afterwards,
 * unless they are confirmed later. What is there `beside` them, and not listed yet, is listed with them.
 */
export async function attachBundles(
  registry: Registry,
  repository: string,
  items: readonly EvidenceToAttach[],
  {
    confirm = 'now',
    beside = [],
  }: { readonly confirm?: Confirm | undefined; readonly beside?: readonly ReferrerThere[] } = {},
): Promise<{ readonly manifest: Digest; readonly bundle: Digest }[]> {
  const prepared = items.map((item) => ({
    subject: item.subject.digest,
    manifest: createBundleManifest(item.subject, item.bundle, item.predicateType, item.created),
  }));
  const attached = prepared.map(({ subject, manifest }) => ({
    subject,
    manifest: manifest.descriptor.digest,
    bundle: manifest.blobs[1].descriptor.digest,
  }));
  const known = attached.filter((_, position) => items[position]?.mayBeThere === true);
  const missing = new Set(await missingEvidence(lookBeforeWriting(registry), repository, known));
  const isWanted = (position: number) =>
    items[position]?.mayBeThere !== true || missing.has(attached[position]!.manifest);
  await write(
    registry,
    repository,
    prepared.filter((_, position) => isWanted(position)),
    beside,
    confirm,
  );
  // `attachReferrers` has seen them listed.
  const written = attached.filter((_, position) => isWanted(position));
  const [absent] = confirm === 'later' ? [] : await absentEvidence(registry, repository, written);
  if (absent !== undefined)
    throw new RegistryError(
      'REGISTRY_NOT_FOUND',
      `${repository}: evidence was attached as ${absent} and is not there when read back`,
    );
  return attached.map(({ manifest, bundle }) => ({ manifest, bundle }));
}

/** Blobs, then manifests, then the list of each subject. */
async function write(
  registry: Registry,
  repository: string,
  prepared: readonly Prepared[],
  beside: readonly ReferrerThere[],
  confirm: Confirm,
): Promise<void> {
  await mapConcurrently(prepared, CONCURRENT_UPLOADS, async ({ manifest }) => {
    const [config, bundle] = manifest.blobs;
    await once(registry, repository, config.descriptor.digest, () =>
      registry.putBlob(repository, config.descriptor, config.bytes),
    );
    await registry.putBlob(repository, bundle.descriptor, bundle.bytes);
  });
  for (const subject of new Set([...prepared, ...beside].map((item) => item.subject))) {
    const written = prepared.filter((item) => item.subject === subject).map(({ manifest }) => manifest);
    const others = beside.filter((item) => item.subject === subject).map(({ stored }) => stored);
    const isOther = ({ descriptor }: StoredManifest) =>
      !written.some((manifest) => manifest.descriptor.digest === descriptor.digest);
    const referrers = [
      ...written.map(({ bytes, descriptor }) => ({ bytes, mediaType: descriptor.mediaType })),
      ...others.filter(isOther).map(({ bytes, descriptor: { mediaType } }) => ({ bytes, mediaType, isThere: true })),
    ];
    await writing(registry, () => registry.attachReferrers(repository, subject, referrers, confirm));
  }
}
