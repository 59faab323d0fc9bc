import { sha256 } from '../../adapters/oci/digest-of.ts';
import { type Descriptor, indexSchema, isIndexType, manifestSchema } from '../../domain/artifact/descriptor.ts';
import { type Digest, isDigest } from '../../domain/artifact/digest.ts';
import { type Registry, RegistryError, type StoredManifest } from '../../domain/artifact/registry.ts';

interface Repository {
  readonly manifests: Map<Digest, { readonly bytes: Uint8Array; readonly mediaType: string }>;
  readonly tags: Map<string, Digest>;
  readonly blobs: Map<Digest, Uint8Array>;
  readonly referrers: Map<Digest, Descriptor[]>;
}

/** A registry in memory that keeps the port's promises. `repository(name)` reaches behind it, to break what is stored. */
export function createMemoryRegistry() {
  const repositories = new Map<string, Repository>();
  const repository = (name: string): Repository => {
    const known = repositories.get(name) ?? {
      manifests: new Map(),
      tags: new Map(),
      blobs: new Map(),
      referrers: new Map(),
    };
    repositories.set(name, known);
    return known;
  };
  const find = (name: string, reference: string): StoredManifest | undefined => {
    const digest = isDigest(reference) ? reference : repository(name).tags.get(reference);
    const stored = digest === undefined ? undefined : repository(name).manifests.get(digest);
    if (digest === undefined || stored === undefined) return undefined;
    const { bytes, mediaType } = stored;
    if (sha256(bytes) !== digest) throw new RegistryError('REGISTRY_DIGEST_MISMATCH', `${name}@${digest}: other bytes`);
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const content = isIndexType(mediaType)
      ? ({ kind: 'index', index: indexSchema.parse(json) } as const)
      : ({ kind: 'manifest', manifest: manifestSchema.parse(json) } as const);
    return { descriptor: { mediaType, digest, size: bytes.length }, bytes, content };
  };
  const getBlobBytes: Registry['getBlobBytes'] = async (name, blob, maxBytes) => {
    if (blob.size > maxBytes)
      throw new RegistryError('REGISTRY_TOO_LARGE', `${name}@${blob.digest}: ${blob.size} bytes`);
    const bytes = repository(name).blobs.get(blob.digest);
    if (bytes === undefined) throw new RegistryError('REGISTRY_NOT_FOUND', `${name}@${blob.digest}: no such blob`);
    if (sha256(bytes) !== blob.digest) throw new RegistryError('REGISTRY_DIGEST_MISMATCH', `${name}@${blob.digest}`);
    return bytes;
  };
  const putManifest: Registry['putManifest'] = async (name, reference, bytes, mediaType) => {
    const digest = sha256(bytes);
    repository(name).manifests.set(digest, { bytes, mediaType });
    if (!isDigest(reference)) repository(name).tags.set(reference, digest);
    return { mediaType, digest, size: bytes.length };
  };
  const attachReferrers: Registry['attachReferrers'] = async (name, subject, manifests, confirm) => {
    const added: Descriptor[] = [];
    for (const { bytes, mediaType, isThere } of manifests) {
      const described = { mediaType, digest: sha256(bytes), size: bytes.length };
      const descriptor = isThere === true ? described : await putManifest(name, sha256(bytes), bytes, mediaType);
      const { artifactType } = manifestSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
      added.push(artifactType === undefined ? descriptor : { ...descriptor, artifactType });
    }
    if (confirm === 'unlisted') return added;
    const listed = repository(name).referrers.get(subject) ?? [];
    const others = listed.filter(({ digest }) => !added.some((referrer) => referrer.digest === digest));
    repository(name).referrers.set(subject, [...others, ...added]);
    return added;
  };
  const registry = {
    resolve: async (name, reference) => find(name, reference)?.descriptor,
    getManifest: async (name, reference) => find(name, reference),
    getBlob: async (name, blob) => {
      const bytes = await getBlobBytes(name, blob, blob.size);
      return (async function* () {
        yield bytes;
      })();
    },
    getBlobBytes,
    hasBlob: async (name, digest) => repository(name).blobs.has(digest),
    listReferrers: async (name, subject, { artifactType, limit } = {}) =>
      (repository(name).referrers.get(subject) ?? [])
        .filter((referrer) => artifactType === undefined || referrer.artifactType === artifactType)
        .slice(0, limit),
    listTags: async (name) => [...repository(name).tags.keys()],
    listRepositories: async () => [...repositories.keys()],
    putManifest,
    putBlob: async (name, blob, content) => {
      const parts: Uint8Array[] = content instanceof Uint8Array ? [content] : [];
      if (!(content instanceof Uint8Array)) for await (const part of await content()) parts.push(part);
      repository(name).blobs.set(blob.digest, new Uint8Array(Buffer.concat(parts)));
    },
    mountBlob: async (name, from, digest) => {
      const bytes = repository(from).blobs.get(digest);
      if (bytes !== undefined) repository(name).blobs.set(digest, bytes);
      return bytes !== undefined;
    },
    deleteManifest: async (name, digest) => {
      repository(name).manifests.delete(digest);
    },
    attachReferrers,
    attachReferrer: async (name, subject, bytes, mediaType) =>
      (await attachReferrers(name, subject, [{ bytes, mediaType }]))[0]!,
  } satisfies Registry;
  return { registry, repository };
}
