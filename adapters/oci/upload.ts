import type { ByteStream } from '../../domain/artifact/bytes.ts';
import type { Descriptor } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';
import { sha256 } from './digest-of.ts';
import { placeName, repositoryPath } from './place.ts';
import { pushScope, type RegistrySession } from './registry-session.ts';
import { checkedStream } from './verified-stream.ts';

/** An upload the registry opened. */
export interface Upload {
  readonly what: string;
  readonly scope: string;
  /** Where the next bytes go. */
  readonly location: string;
}

type Blob = Pick<Descriptor, 'digest' | 'size'>;

/** Bytes; larger blobs are sent in chunks, which proxies in front of registries want. */
const MAX_WHOLE_BYTES = 64 * 1024 * 1024;
/** Bytes of a chunk, held in memory. */
const CHUNK_BYTES = 16 * 1024 * 1024;
const RETRIES = 4;

/** POST: the registry says where the bytes go. */
export async function startUpload(session: RegistrySession, repository: string, digest: Digest): Promise<Upload> {
  const what = placeName(repository, digest);
  const scope = pushScope(repository);
  const path = repositoryPath(repository, 'blobs/uploads/');
  const headers = { 'content-length': '0' };
  const response = await session.call(what, { method: 'POST', path, scope, headers, retries: RETRIES }, [202]);
  await response.body.dump();
  return { what, scope, location: locationOf(session, what, response.headers.location) };
}

/** Sends a blob in one request, or in chunks where it is large, and closes the upload. Wrong bytes are never closed. */
export async function sendBlob(
  session: RegistrySession,
  upload: Upload,
  blob: Blob,
  content: Uint8Array | (() => Promise<ByteStream>),
): Promise<void> {
  const place = `${session.host}/${upload.what}: the bytes to send`;
  if (typeof content !== 'function') {
    if (content.byteLength !== blob.size || sha256(content) !== blob.digest)
      throw new RegistryError('REGISTRY_DIGEST_MISMATCH', `${place} are not the ones it names`);
    return closeUpload(session, upload, blob, content);
  }
  const checked = async () => checkedStream(await content(), blob, place);
  if (blob.size <= MAX_WHOLE_BYTES) return closeUpload(session, upload, blob, checked);
  return closeUpload(session, await sendChunks(session, upload, await checked()), blob, undefined);
}

/** DELETE, so that nothing half sent lingers; a registry that does not know how cleans up by itself. */
export async function cancelUpload(session: RegistrySession, { what, scope, location }: Upload): Promise<void> {
  try {
    const response = await session.call(what, { method: 'DELETE', path: location, scope }, [200, 202, 204, 404, 405]);
    await response.body.dump();
  } catch {
    // What made us give up is what the caller must hear.
  }
}

/** PUT with the digest: the registry checks it, and the blob is there. Not repeated: the upload is gone once it is closed. */
async function closeUpload(
  session: RegistrySession,
  { what, scope, location }: Upload,
  blob: Blob,
  body: Uint8Array | (() => Promise<ByteStream>) | undefined,
): Promise<void> {
  const url = new URL(location);
  url.searchParams.set('digest', blob.digest);
  const length = body === undefined ? 0 : blob.size;
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(length) };
  const call = { method: 'PUT', path: url.href, scope, headers } as const;
  const response = await session.call(what, body === undefined ? call : { ...call, body }, [201]);
  await response.body.dump();
  const confirmed = response.headers['docker-content-digest'];
  if (confirmed !== undefined && confirmed !== blob.digest)
    throw new RegistryError('REGISTRY_DIGEST_MISMATCH', `${session.host}/${what}: the registry stored ${confirmed}`);
}

async function sendChunks(session: RegistrySession, upload: Upload, stream: ByteStream): Promise<Upload> {
  const { what, scope } = upload;
  let { location } = upload;
  let offset = 0;
  for await (const body of inChunks(stream)) {
    const headers = {
      'content-type': 'application/octet-stream',
      'content-range': `${offset}-${offset + body.length - 1}`,
      'content-length': String(body.length),
    };
    const response = await session.call(what, { method: 'PATCH', path: location, scope, headers, body }, [202]);
    await response.body.dump();
    location = locationOf(session, what, response.headers.location);
    offset += body.length;
  }
  return { what, scope, location };
}

async function* inChunks(stream: ByteStream): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (let bytes of stream) {
    while (held + bytes.length >= CHUNK_BYTES) {
      const taken = CHUNK_BYTES - held;
      yield Buffer.concat([...parts, bytes.subarray(0, taken)]);
      bytes = bytes.subarray(taken);
      parts = [];
      held = 0;
    }
    if (bytes.length > 0) parts.push(bytes);
    held += bytes.length;
  }
  if (held > 0) yield Buffer.concat(parts);
}

function locationOf(session: RegistrySession, what: string, location: string | undefined): string {
  if (location !== undefined) return session.resolve(location);
  throw new RegistryError(
    'REGISTRY_REFUSED',
    `${session.host}/${what}: the registry takes an upload without saying where the bytes go`,
  );
}
