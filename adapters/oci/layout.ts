/** An OCI image layout as a reader of images: image specification 1.1, image-layout.md. */
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { type Descriptor, indexSchema } from '../../domain/artifact/descriptor.ts';
import { type Digest, digestHex, isDigest } from '../../domain/artifact/digest.ts';
import { RegistryError, type RegistryReader, type StoredManifest } from '../../domain/artifact/registry.ts';
import { sha256 } from './digest-of.ts';
import { folderFiles, type LayoutFiles } from './layout-files.ts';
import { parseManifest } from './parse-manifest.ts';
import { verifiedStream } from './verified-stream.ts';

/** What reading an image takes; where there is one repository only, its name does not matter. */
export type ImageReader = Pick<RegistryReader, 'resolve' | 'getManifest' | 'getBlob' | 'getBlobBytes'>;

export interface ImageLayout extends ImageReader {
  /** What `index.json` lists: usually one image or index. Tags are annotations, see `layoutTag`. */
  readonly roots: readonly Descriptor[];
}

/** As registries have it. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** The tag `index.json` gives a root (image specification, annotations.md), where it gives one. */
export function layoutTag(root: Descriptor): string | undefined {
  return root.annotations?.['org.opencontainers.image.ref.name'];
}

/** Reads a layout folder; blobs are checked as they are read. Throws a RegistryError where it is none, or not as specified. */
export async function openLayout(folder: string): Promise<ImageLayout> {
  return createLayout(await folderFiles(folder));
}

/** The same over any files. */
export async function createLayout(files: LayoutFiles): Promise<ImageLayout> {
  const marker = await readJson(files, 'oci-layout');
  const version = typeof marker === 'object' && marker !== null && 'imageLayoutVersion' in marker;
  if (!version || marker.imageLayoutVersion !== '1.0.0')
    throw bad(files, 'oci-layout does not say "imageLayoutVersion": "1.0.0"');
  const index = indexSchema.safeParse(await readJson(files, 'index.json'));
  if (!index.success)
    throw bad(files, `index.json: ${index.error.issues[0]?.path.join('.')}: ${index.error.issues[0]?.message}`);
  const roots = index.data.manifests;
  const getManifest: ImageReader['getManifest'] = async (_repository, reference) => {
    const root = roots.find((one) => one.digest === reference || layoutTag(one) === reference);
    const digest = root?.digest ?? reference;
    return isDigest(digest) ? readManifest(files, digest, root?.mediaType) : undefined;
  };
  return {
    roots,
    getManifest,
    resolve: async (repository, reference) => (await getManifest(repository, reference))?.descriptor,
    getBlob: async (_repository, blob) => readBlob(files, blob),
    async getBlobBytes(_repository, blob, maxBytes) {
      if (blob.size > maxBytes)
        throw new RegistryError(
          'REGISTRY_TOO_LARGE',
          `${files.name}: ${blob.digest} has ${blob.size} bytes, at most ${maxBytes} are read here`,
        );
      return collect(await readBlob(files, blob));
    },
  };
}

async function readBlob(files: LayoutFiles, blob: Pick<Descriptor, 'digest' | 'size'>): Promise<ByteStream> {
  const file = await files.open(blobPath(blob.digest));
  if (file === undefined) throw new RegistryError('REGISTRY_NOT_FOUND', `${files.name}: it has no ${blob.digest}`);
  return verifiedStream(file.bytes, blob, `${files.name}: ${blob.digest}`);
}

async function readManifest(
  files: LayoutFiles,
  digest: Digest,
  mediaType: string | undefined,
): Promise<StoredManifest | undefined> {
  const name = blobPath(digest);
  const bytes = await readSmall(files, name);
  if (bytes === undefined) return undefined;
  const actual = sha256(bytes);
  if (actual !== digest)
    throw new RegistryError('REGISTRY_DIGEST_MISMATCH', `${files.name}: ${name} holds other bytes (${actual})`);
  return parseManifest(bytes, mediaType, digest, `${files.name}: ${name}`);
}

async function readJson(files: LayoutFiles, name: string): Promise<unknown> {
  const bytes = await readSmall(files, name);
  if (bytes === undefined) throw bad(files, `there is no ${name}`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw bad(files, `${name} is no JSON`);
  }
}

async function readSmall(files: LayoutFiles, name: string): Promise<Uint8Array | undefined> {
  const file = await files.open(name);
  if (file === undefined) return undefined;
  if (file.size > MAX_MANIFEST_BYTES)
    throw new RegistryError(
      'REGISTRY_TOO_LARGE',
      `${files.name}: ${name} has ${file.size} bytes, at most ${MAX_MANIFEST_BYTES} are read`,
    );
  return collect(file.bytes);
}

async function collect(bytes: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function blobPath(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

function bad(files: LayoutFiles, why: string): RegistryError {
  return new RegistryError('REGISTRY_BAD_MANIFEST', `${files.name} is not an OCI image layout: ${why}`);
}
