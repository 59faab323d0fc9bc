/** Documents kept beside the image they are about, as referrers: what is signed by reference can be fetched where the image is. */
import { type Descriptor, mediaTypes } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Registry, RegistryError, type RegistryReader } from '../../domain/artifact/registry.ts';
import { sha256 } from './digest-of.ts';

export interface Document {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

const emptyConfig = new TextEncoder().encode('{}');

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
  const config = { mediaType: mediaTypes.ociEmpty, digest: sha256(emptyConfig), size: emptyConfig.length };
  const layer = { mediaType, digest: sha256(bytes), size: bytes.length };
  await registry.putBlob(repository, config, emptyConfig);
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

/** The document's descriptor, where it is attached to `subject`; its size is what the registry says, and is checked when it is read. */
export async function findDocument(
  registry: Reader,
  repository: string,
  subject: Digest,
  document: { readonly mediaType: string; readonly digest: Digest },
): Promise<Descriptor | undefined> {
  for (const { digest } of await registry.listReferrers(repository, subject, { artifactType: document.mediaType })) {
    const content = (await registry.getManifest(repository, digest))?.content;
    if (content?.kind !== 'manifest') continue;
    const found = content.manifest.layers.find((layer) => layer.digest === document.digest);
    if (found !== undefined) return found;
  }
  return undefined;
}
