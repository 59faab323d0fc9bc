/** Documents kept beside the image they are about, as referrers: what is signed by reference can be fetched where the image is. */
import { type Descriptor, mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { emptyJson } from '../../domain/artifact/empty-json.ts';
import { isRegistryAway, type Registry, RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';
import { sha256 } from './digest-of.ts';

export interface Document {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * Attaches `document` to `subject`, as an artifact of its media type with one layer. The same document attached again changes
 * nothing. Throws a RegistryError where the subject is not there.
 */
export async function attachDocument(
  registry: Registry,
  repository: string,
  subject: Digest,
  { mediaType, bytes }: Document,
): Promise<void> {
  const about = await registry.resolve(repository, subject);
  if (about === undefined)
    throw new RegistryError('REGISTRY_NOT_FOUND', `${repository}@${subject} is gone from the registry: push it again`);
  const { descriptor: config } = emptyJson;
  const layer = { mediaType, digest: sha256(bytes), size: bytes.length };
  await registry.putBlob(repository, config, emptyJson.bytes);
  await registry.putBlob(repository, layer, bytes);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: mediaType,
    config,
    layers: [layer],
    subject: { mediaType: about.mediaType, digest: about.digest, size: about.size },
  };
  const encoded = new TextEncoder().encode(JSON.stringify(manifest));
  await registry.attachReferrer(repository, subject, encoded, mediaTypes.ociManifest);
}

/** Where such a document is fetched with a GET, and the rights of somebody who may pull the image. */
export function documentLocation(host: string, plainHttp: boolean, repository: string, document: Digest): string {
  return `${plainHttp ? 'http' : 'https'}://${host}/v2/${repository}/blobs/${document}`;
}

/** The repository of such an address on `host`; undefined for any other address. */
export function documentRepository(location: string, host: string): string | undefined {
  const [, at, repository] = /^https?:\/\/([^/]+)\/v2\/(.+)\/blobs\/sha256:[0-9a-f]{64}$/.exec(location) ?? [];
  return at === host ? repository : undefined;
}

type Reader = Pick<RegistryReader, 'listReferrers' | 'getManifest'>;

/** Sizes that different referrers say one document has; all but one are wrong. */
const MAX_SIZES = 16;

/**
 * Where the document is attached to `subject`, by each size that is said of it: whoever may push can attach a manifest that says
 * another size, or none that can be read. The right one is the one whose bytes read whole.
 */
async function* documentCandidates(
  registry: Reader,
  repository: string,
  subject: Digest,
  document: { readonly mediaType: string; readonly digest: Digest },
): AsyncGenerator<Descriptor> {
  const sizes = new Set<number>();
  for (const { digest } of await registry.listReferrers(repository, subject, { artifactType: document.mediaType })) {
    const content = (await readManifest(registry, repository, digest))?.content;
    if (content?.kind !== 'manifest') continue;
    for (const layer of content.manifest.layers) {
      if (layer.digest !== document.digest || sizes.has(layer.size)) continue;
      if (sizes.size >= MAX_SIZES) return;
      sizes.add(layer.size);
      yield layer;
    }
  }
}

async function readManifest(registry: Reader, repository: string, digest: Digest) {
  try {
    return await registry.getManifest(repository, digest);
  } catch (error) {
    if (isRegistryAway(error)) throw error;
    return undefined;
  }
}

/** What `read` makes of the first candidate whose bytes are the document; undefined where it is not attached. Throws a RegistryError where none reads whole. */
export async function readAttached<T>(
  registry: Reader,
  repository: string,
  subject: Digest,
  document: { readonly mediaType: string; readonly digest: Digest },
  read: (descriptor: Descriptor) => Promise<T>,
): Promise<T | undefined> {
  let failure: unknown;
  for await (const candidate of documentCandidates(registry, repository, subject, document))
    try {
      return await read(candidate);
    } catch (error) {
      if (isRegistryAway(error)) throw error;
      failure ??= error;
    }
  if (failure !== undefined) throw failure;
  return undefined;
}
