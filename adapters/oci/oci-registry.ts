/** A registry over HTTP: OCI distribution specification 1.1, with the referrers tag schema where there is no referrers API. */

import { isManifestType, mediaTypes } from '../../domain/artifact/descriptor.ts';
import { type Digest, isDigest } from '../../domain/artifact/digest.ts';
import {
  type Registry,
  RegistryError,
  type RegistryErrorCode,
  type StoredManifest,
  type SubjectLease,
} from '../../domain/artifact/registry.ts';
import type { EgressResponse } from '../egress/egress.ts';
import type { AuthorizerOptions } from './authorizer.ts';
import { createBlobWriter } from './blob-writer.ts';
import { sha256 } from './digest-of.ts';
import { parseManifest } from './parse-manifest.ts';
import { manifestPath, placeName, repositoryPath } from './place.ts';
import { nextPage, readBytes, readDocument } from './read-answer.ts';
import { createReferrers, type Referrers, type WriteManifest } from './referrers.ts';
import { createRegistrySession, pullScope, pushScope, type RegistrySession } from './registry-session.ts';
import { verifiedStream } from './verified-stream.ts';

/** One registry, plain HTTP on loopback only; its host and token realms must be configured in the egress. */
export interface OciRegistryOptions extends AuthorizerOptions {
  readonly lease: SubjectLease;
  /** Awaited before every manifest is written, also the referrers tag's index: where intents are recorded. Without `tag`, it is pushed by digest. */
  readonly beforePush?: (repository: string, digest: Digest, tag?: string) => Promise<void>;
}

/** Distribution specification, "Pushing Manifests": what clients and registries must take. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_PAGES = 100;
const PAGE_ENTRIES = 1000;
const MANIFEST_TYPES = [
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerIndex,
].join(', ');
/** What Docker pushed before 2016, `+json` or `+prettyjws`; registries may still hold it. */
const DOCKER_SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+';
const RETRIES = 4;

export function createOciRegistry(options: OciRegistryOptions): Registry & { readonly host: string } {
  const session = createRegistrySession(options);
  const reader = createReader(session);
  const writeManifest = createManifestWriter(session, options.beforePush ?? (async () => undefined));
  const { forget, ...referrers } = createReferrers(session, reader.getManifest, writeManifest, options.lease);
  return {
    host: options.host,
    ...reader,
    ...createBlobWriter(session, options.egress),
    ...referrers,
    deleteManifest: (repository, digest) => deleteManifest(session, reader.getManifest, forget, { repository, digest }),
    putManifest: async (...written) => (await writeManifest(...written)).descriptor,
  };
}

function createReader(
  session: RegistrySession,
): Pick<
  Registry,
  'resolve' | 'getManifest' | 'getBlob' | 'getBlobBytes' | 'hasBlob' | 'listTags' | 'listRepositories'
> {
  const getBlob: Registry['getBlob'] = async (repository, blob, { lent = false } = {}) => {
    const what = `${repository}@${blob.digest}`;
    const response = await session.call(
      what,
      {
        method: 'GET',
        path: repositoryPath(repository, `blobs/${blob.digest}`),
        scope: pullScope(repository),
        headers: { 'accept-encoding': 'identity' },
      },
      [200],
    );
    return verifiedStream(lent ? response.body.lent() : response.body, blob, `${session.host}/${what}`);
  };
  return {
    async resolve(repository, reference) {
      const what = placeName(repository, reference);
      const response = await session.call(
        what,
        {
          method: 'HEAD',
          path: manifestPath(repository, reference),
          scope: pullScope(repository),
          headers: { accept: MANIFEST_TYPES },
        },
        [200, 404],
      );
      await response.body.dump();
      if (response.status === 404) return undefined;
      const digest = response.headers['docker-content-digest'] ?? '';
      // A registry that does not say is asked for the bytes.
      const mediaType = mediaTypeOf(response) ?? '';
      const length = response.headers['content-length'] ?? '';
      if (!isDigest(digest) || !isManifestType(mediaType) || !/^[1-9]\d{0,9}$/.test(length))
        return (await fetchManifest(session, repository, reference))?.descriptor;
      if (isDigest(reference) && digest !== reference)
        throw new RegistryError(
          'REGISTRY_DIGEST_MISMATCH',
          `${session.host}/${what}: the registry answers for ${digest}`,
        );
      return { mediaType, digest, size: Number(length) };
    },
    getManifest: (repository, reference) => fetchManifest(session, repository, reference),
    getBlob,
    async getBlobBytes(repository, blob, maxBytes) {
      if (blob.size > maxBytes)
        throw new RegistryError(
          'REGISTRY_TOO_LARGE',
          `${session.host}/${repository}@${blob.digest}: ${blob.size} bytes, at most ${maxBytes} are read here`,
        );
      const chunks: Uint8Array[] = [];
      for await (const chunk of await getBlob(repository, blob)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    async hasBlob(repository, digest) {
      const response = await session.call(
        `${repository}@${digest}`,
        { method: 'HEAD', path: repositoryPath(repository, `blobs/${digest}`), scope: pullScope(repository) },
        [200, 404],
      );
      await response.body.dump();
      return response.status === 200;
    },
    listTags: (repository) =>
      listPages(session, repository, repositoryPath(repository, 'tags/list'), pullScope(repository), 'tags'),
    listRepositories: () => listPages(session, '_catalog', '/v2/_catalog', 'registry:catalog:*', 'repositories'),
  };
}

async function fetchManifest(
  session: RegistrySession,
  repository: string,
  reference: string,
): Promise<StoredManifest | undefined> {
  const what = placeName(repository, reference);
  const response = await session.call(
    what,
    {
      method: 'GET',
      path: manifestPath(repository, reference),
      scope: pullScope(repository),
      headers: { accept: MANIFEST_TYPES },
    },
    [200, 404],
  );
  if (response.status === 404) {
    await response.body.dump();
    return undefined;
  }
  const mediaType = mediaTypeOf(response);
  // By tag, what the registry says it serves must at least be what it serves.
  const claimed = isDigest(reference) ? reference : response.headers['docker-content-digest'];
  if (mediaType?.startsWith(DOCKER_SCHEMA_1)) {
    await response.body.dump();
    throw new RegistryError(
      'REGISTRY_BAD_MANIFEST',
      `${session.host}/${what}: ${mediaType} is not read: push it again with a client of today`,
      // Of what was signed, not of the bytes: it can not be computed from them as any other can.
      claimed !== undefined && isDigest(claimed) ? { digest: claimed } : {},
    );
  }
  const bytes = await readBytes(response, `${session.host}/${what}`);
  const digest = sha256(bytes);
  if (claimed !== undefined && isDigest(claimed) && digest !== claimed)
    throw new RegistryError(
      'REGISTRY_DIGEST_MISMATCH',
      `${session.host}/${what}: the registry sent other bytes (${digest})`,
    );
  return parseManifest(bytes, mediaType, digest, `${session.host}/${what}`);
}

function mediaTypeOf(response: EgressResponse): string | undefined {
  return response.headers['content-type']?.split(';')[0]?.trim();
}

function createManifestWriter(
  session: RegistrySession,
  beforePush: (repository: string, digest: Digest, tag?: string) => Promise<void>,
): WriteManifest {
  return async (repository, reference, bytes, mediaType) => {
    const digest = sha256(bytes);
    if (isDigest(reference) && reference !== digest)
      throw new RegistryError(
        'REGISTRY_DIGEST_MISMATCH',
        `${repository}@${reference}: the bytes to write have digest ${digest}`,
      );
    if (bytes.byteLength > MAX_MANIFEST_BYTES)
      throw new RegistryError(
        'REGISTRY_TOO_LARGE',
        `${placeName(repository, reference)}: ${bytes.byteLength} bytes; a manifest has at most ${MAX_MANIFEST_BYTES}`,
      );
    await beforePush(repository, digest, isDigest(reference) ? undefined : reference);
    const what = placeName(repository, reference);
    const response = await session.call(
      what,
      {
        method: 'PUT',
        path: manifestPath(repository, reference),
        scope: pushScope(repository),
        headers: { 'content-type': mediaType },
        body: bytes,
        retries: RETRIES,
      },
      [201],
    );
    await response.body.dump();
    const confirmed = response.headers['docker-content-digest'];
    if (confirmed !== undefined && confirmed !== digest)
      throw new RegistryError(
        'REGISTRY_DIGEST_MISMATCH',
        `${session.host}/${what}: the registry stored ${confirmed}, not ${digest}`,
      );
    return {
      descriptor: { mediaType, digest, size: bytes.byteLength },
      indexedSubject: response.headers['oci-subject'],
    };
  };
}

/** First the list of its subject's referrers, then the manifest: a crash between the two is made good by the next try. */
async function deleteManifest(
  session: RegistrySession,
  getManifest: Registry['getManifest'],
  forget: Referrers['forget'],
  key: { readonly repository: string; readonly digest: Digest },
): Promise<void> {
  const { repository, digest } = key;
  const subject = await subjectOf(getManifest, repository, digest);
  if (subject !== undefined) await forget(repository, subject, digest);
  const response = await session.call(
    placeName(repository, digest),
    {
      method: 'DELETE',
      path: manifestPath(repository, digest),
      scope: `repository:${repository}:pull,push,delete`,
      retries: RETRIES,
    },
    [202, 200, 404],
  );
  await response.body.dump();
}

/** Of a manifest that can not be read, none: it must be possible to delete it all the same. */
async function subjectOf(
  getManifest: Registry['getManifest'],
  repository: string,
  digest: Digest,
): Promise<Digest | undefined> {
  try {
    const content = (await getManifest(repository, digest))?.content;
    return (content?.kind === 'index' ? content.index : content?.manifest)?.subject?.digest;
  } catch (error) {
    if (error instanceof RegistryError && unreadable.has(error.code)) return undefined;
    throw error;
  }
}

const unreadable: ReadonlySet<RegistryErrorCode> = new Set([
  'REGISTRY_BAD_MANIFEST',
  'REGISTRY_DIGEST_MISMATCH',
  'REGISTRY_TOO_LARGE',
]);

async function listPages(
  session: RegistrySession,
  what: string,
  path: string,
  scope: string,
  field: 'tags' | 'repositories',
): Promise<string[]> {
  const found: string[] = [];
  let next: string | undefined = `${path}?n=${PAGE_ENTRIES}`;
  for (let page = 0; next !== undefined && page < MAX_PAGES; page += 1) {
    const response: Awaited<ReturnType<RegistrySession['call']>> = await session.call(
      what,
      { method: 'GET', path: next, scope },
      [200, 404],
    );
    if (response.status === 404) {
      await response.body.dump();
      return found;
    }
    const body = await readDocument(response, `${session.host}/${what}`);
    const entries = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[field] : undefined;
    // Registries write null for an empty list.
    if (entries !== null && !Array.isArray(entries))
      throw new RegistryError('REGISTRY_REFUSED', `${session.host}/${what}: the registry answered without ${field}`);
    found.push(...(entries ?? []).filter((entry): entry is string => typeof entry === 'string'));
    next = nextPage(session, response);
  }
  if (next !== undefined)
    throw new RegistryError('REGISTRY_TOO_LARGE', `${session.host}/${what}: more than ${MAX_PAGES} pages of ${field}`);
  return found;
}
