/** What a registry in memory holds. Tests reach into it to break things. */
import { type Descriptor, manifestSchema } from '../../../domain/artifact/descriptor.ts';
import { type Digest, isDigest } from '../../../domain/artifact/digest.ts';
import { digestOf } from '../../images.ts';

export interface StoredRepository {
  readonly manifests: Map<Digest, { readonly bytes: Uint8Array; readonly mediaType: string }>;
  readonly tags: Map<string, Digest>;
  readonly blobs: Map<Digest, Uint8Array>;
}

export interface RegistryStore {
  readonly repositories: Map<string, StoredRepository>;
  /** Open uploads by id: what was received so far. */
  readonly uploads: Map<string, Buffer>;
  /** Made where it is not there. */
  repository(name: string): StoredRepository;
  find(name: string, reference: string): { digest: Digest; bytes: Uint8Array; mediaType: string } | undefined;
  putManifest(name: string, reference: string, bytes: Uint8Array, mediaType: string): Digest;
  referrers(name: string, subject: string): Descriptor[];
}

export function createRegistryStore(): RegistryStore {
  const repositories = new Map<string, StoredRepository>();
  const repository = (name: string): StoredRepository => {
    const found = repositories.get(name) ?? { manifests: new Map(), tags: new Map(), blobs: new Map() };
    repositories.set(name, found);
    return found;
  };
  return {
    repositories,
    uploads: new Map(),
    repository,
    find(name, reference) {
      const found = repositories.get(name);
      const digest = isDigest(reference) ? reference : found?.tags.get(reference);
      const stored = digest === undefined ? undefined : found?.manifests.get(digest);
      return digest === undefined || stored === undefined ? undefined : { digest, ...stored };
    },
    putManifest(name, reference, bytes, mediaType) {
      const digest = digestOf(bytes);
      repository(name).manifests.set(digest, { bytes, mediaType });
      if (!isDigest(reference)) repository(name).tags.set(reference, digest);
      return digest;
    },
    referrers: (name, subject) =>
      [...(repositories.get(name)?.manifests ?? [])].flatMap(([digest, { bytes, mediaType }]) => {
        const parsed = manifestSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
        if (!parsed.success || parsed.data.subject?.digest !== subject) return [];
        const { artifactType, config, annotations } = parsed.data;
        const size = bytes.byteLength;
        return [
          {
            mediaType,
            digest,
            size,
            artifactType: artifactType ?? config.mediaType,
            ...(annotations ? { annotations } : {}),
          },
        ];
      }),
  };
}
