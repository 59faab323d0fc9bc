/** Evidence inside an OCI image layout: manifests with a `subject` that `index.json` lists, as oras and cosign write them, and cosign's older tags. */
import { type Descriptor, mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { RegistryReader } from '../../domain/artifact/registry.ts';
import { roleOf } from '../../domain/artifact/runnable.ts';
import { type ImageLayout, layoutTag } from './layout.ts';

/** What reading evidence takes, of a registry or of a layout. */
export type EvidenceReader = Pick<RegistryReader, 'listReferrers' | 'getManifest' | 'getBlob' | 'getBlobBytes'>;

export interface LayoutContents extends EvidenceReader {
  /** What is no evidence about something else: the images. */
  readonly images: readonly Descriptor[];
}

/** The referrers tag schema (distribution specification), as copied from a registry without the API. */
const REFERRERS_TAG = /^sha256-[0-9a-f]{64}$/;

/** Reads every manifest `index.json` lists. Throws a RegistryError where one is not what its digest says. */
export async function readLayoutContents(layout: ImageLayout): Promise<LayoutContents> {
  const images: Descriptor[] = [];
  const bySubject = new Map<Digest, Map<Digest, Descriptor>>();
  const add = (subject: Digest, referrer: Descriptor) => {
    const listed = bySubject.get(subject) ?? new Map<Digest, Descriptor>();
    bySubject.set(subject, listed.set(referrer.digest, referrer));
  };
  const visit = async (root: Descriptor): Promise<'image' | 'evidence'> => {
    const stored = await layout.getManifest('', root.digest);
    const content = stored?.content;
    if (stored === undefined || content?.kind !== 'manifest') return 'image';
    // Under cosign's older tags: read by its tag, as in a registry.
    if (content.manifest.subject === undefined)
      return roleOf(stored, layoutTag(root)).role === 'evidence' ? 'evidence' : 'image';
    const { artifactType, config, subject } = content.manifest;
    add(subject.digest, { ...root, artifactType: artifactType ?? config.mediaType });
    return 'evidence';
  };
  for (const root of layout.roots) {
    if (REFERRERS_TAG.test(layoutTag(root) ?? '') && root.mediaType === mediaTypes.ociIndex) {
      const stored = await layout.getManifest('', root.digest);
      if (stored?.content.kind === 'index') for (const one of stored.content.index.manifests) await visit(one);
    } else if ((await visit(root)) === 'image') images.push(root);
  }
  return {
    images,
    getManifest: (repository, reference) => layout.getManifest(repository, reference),
    getBlob: (repository, blob) => layout.getBlob(repository, blob),
    getBlobBytes: (repository, blob, maxBytes) => layout.getBlobBytes(repository, blob, maxBytes),
    async listReferrers(_repository, subject, { artifactType, limit = Number.POSITIVE_INFINITY } = {}) {
      const all = [...(bySubject.get(subject)?.values() ?? [])];
      return all.filter((one) => artifactType === undefined || one.artifactType === artifactType).slice(0, limit);
    },
  };
}
