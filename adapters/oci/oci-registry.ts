/** A registry over HTTP: OCI distribution specification 1.1, with the referrers tag schema where there is no referrers API. */
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { type Descriptor, mediaTypes } from '../../domain/artifact/descriptor.ts';
import { type Digest, isDigest } from '../../domain/artifact/digest.ts';
import {
  type Registry,
  RegistryError,
  type StoredManifest,
  type SubjectLease,
} from '../../domain/artifact/registry.ts';
import type { Egress } from '../egress/egress.ts';
import { sha256 } from './digest-of.ts';
import { parseManifest } from './parse-manifest.ts';
import { nextPage, readBytes, readDocument } from './read-answer.ts';
import { createReferrers, type WriteManifest } from './referrers.ts';
import { createRegistrySession, type RegistryCredentials, type RegistrySession } from './registry-session.ts';
import { verifiedStream } from './verified-stream.ts';

export interface OciRegistryOptions {
  /** `host[:port]`; plain HTTP on loopback only. */
  readonly host: string;
  readonly egress: Egress;
  readonly credentials?: RegistryCredentials;
  /** Hosts besides the registry's own that its credentials may be sent to, to get a token (`auth.docker.io`). */
  readonly realmHosts?: readonly string[];
  readonly lease: SubjectLease;
  /** Awaited before every manifest is written, also the referrers tag's index: where intents are recorded. */
  readonly beforePush?: (repository: string, digest: Digest) => Promise<void>;
}

const MAX_PAGES = 100;
const PAGE_ENTRIES = 1000;
const MANIFEST_TYPES = [
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerIndex,
].join(', ');
const RETRIES = 4;

export function createOciRegistry(options: OciRegistryOptions): Registry & { readonly host: string } {
  const { host, egress, credentials, realmHosts = [] } = options;
  const session = createRegistrySession({ host, egress, credentials, realmHosts });
  const reader = createReader(session);
  const writeManifest = createManifestWriter(session, options.beforePush ?? (async () => undefined));
  const referrers = createReferrers(session, reader.getManifest, writeManifest, options.lease);
  return {
    host,
    ...reader,
    ...createWriter(session),
    ...referrers,
    putManifest: async (...written) => (await writeManifest(...written)).descriptor,
  };
}

const pull = (repository: string) => `repository:${repository}:pull`;
const push = (repository: string) => `repository:${repository}:pull,push`;

function createReader(
  session: RegistrySession,
): Pick<
  Registry,
  'resolve' | 'getManifest' | 'getBlob' | 'getBlobBytes' | 'hasBlob' | 'listTags' | 'listRepositories'
> {
  const getBlob = async (repository: string, blob: Pick<Descriptor, 'digest' | 'size'>): Promise<ByteStream> => {
    const what = `${repository}@${blob.digest}`;
    const response = await session.call(
      what,
      {
        method: 'GET',
        path: `/v2/${repository}/blobs/${blob.digest}`,
        scope: pull(repository),
        headers: { 'accept-encoding': 'identity' },
      },
      [200],
    );
    return verifiedStream(response.body, blob, `${session.host}/${what}`);
  };
  return {
    async resolve(repository, reference) {
      const what = nameOf(repository, reference);
      const response = await session.call(
        what,
        {
          method: 'HEAD',
          path: `/v2/${repository}/manifests/${reference}`,
          scope: pull(repository),
          headers: { accept: MANIFEST_TYPES },
        },
        [200, 404],
      );
      await response.body.dump();
      if (response.status === 404) return undefined;
      const digest = response.headers['docker-content-digest'] ?? '';
      // A registry that does not say is asked for the bytes.
      if (!isDigest(digest)) return (await fetchManifest(session, repository, reference))?.descriptor;
      return {
        mediaType: response.headers['content-type']?.split(';')[0] ?? mediaTypes.ociManifest,
        digest,
        size: Number(response.headers['content-length'] ?? 0),
      };
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
        { method: 'HEAD', path: `/v2/${repository}/blobs/${digest}`, scope: pull(repository) },
        [200, 404],
      );
      await response.body.dump();
      return response.status === 200;
    },
    listTags: (repository) => listPages(session, repository, `/v2/${repository}/tags/list`, pull(repository), 'tags'),
    listRepositories: () => listPages(session, '_catalog', '/v2/_catalog', 'registry:catalog:*', 'repositories'),
  };
}

async function fetchManifest(
  session: RegistrySession,
  repository: string,
  reference: string,
): Promise<StoredManifest | undefined> {
  const what = nameOf(repository, reference);
  const response = await session.call(
    what,
    {
      method: 'GET',
      path: `/v2/${repository}/manifests/${reference}`,
      scope: pull(repository),
      headers: { accept: MANIFEST_TYPES },
    },
    [200, 404],
  );
  if (response.status === 404) {
    await response.body.dump();
    return undefined;
  }
  const bytes = await readBytes(response, `${session.host}/${what}`);
  const digest = sha256(bytes);
  if (isDigest(reference) && digest !== reference)
    throw new RegistryError(
      'REGISTRY_DIGEST_MISMATCH',
      `${session.host}/${what}: the registry sent other bytes (${digest})`,
    );
  return parseManifest(
    bytes,
    response.headers['content-type']?.split(';')[0]?.trim(),
    digest,
    `${session.host}/${what}`,
  );
}

function createManifestWriter(
  session: RegistrySession,
  beforePush: (repository: string, digest: Digest) => Promise<void>,
): WriteManifest {
  return async (repository, reference, bytes, mediaType) => {
    const digest = sha256(bytes);
    if (isDigest(reference) && reference !== digest)
      throw new RegistryError(
        'REGISTRY_DIGEST_MISMATCH',
        `${repository}@${reference}: the bytes to write have digest ${digest}`,
      );
    await beforePush(repository, digest);
    const what = nameOf(repository, reference);
    const response = await session.call(
      what,
      {
        method: 'PUT',
        path: `/v2/${repository}/manifests/${reference}`,
        scope: push(repository),
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

function createWriter(session: RegistrySession): Pick<Registry, 'putBlob' | 'mountBlob' | 'deleteManifest'> {
  return {
    async putBlob(repository, blob, content) {
      const what = `${repository}@${blob.digest}`;
      const scope = push(repository);
      const started = await session.call(
        what,
        {
          method: 'POST',
          path: `/v2/${repository}/blobs/uploads/`,
          scope,
          headers: { 'content-length': '0' },
          retries: RETRIES,
        },
        [202],
      );
      await started.body.dump();
      const location = started.headers.location;
      if (location === undefined)
        throw new RegistryError(
          'REGISTRY_REFUSED',
          `${session.host}/${what}: the registry started an upload without saying where`,
        );
      const url = new URL(session.resolve(location));
      url.searchParams.set('digest', blob.digest);
      const finished = await session.call(
        what,
        {
          method: 'PUT',
          path: url.href,
          scope,
          headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
          body: content,
        },
        [201],
      );
      await finished.body.dump();
    },
    async mountBlob(repository, from, digest) {
      const response = await session.call(
        `${repository}@${digest}`,
        {
          method: 'POST',
          path: `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`,
          scope: `${push(repository)} ${pull(from)}`,
          headers: { 'content-length': '0' },
          retries: RETRIES,
        },
        [201, 202],
      );
      await response.body.dump();
      if (response.status === 201) return true;
      // The registry opened an upload instead: given up, so that it does not linger.
      const location = response.headers.location;
      if (location !== undefined)
        await session
          .call(
            repository,
            { method: 'DELETE', path: session.resolve(location), scope: push(repository) },
            [200, 202, 204, 404, 405],
          )
          .then((ended) => ended.body.dump());
      return false;
    },
    async deleteManifest(repository, digest) {
      const response = await session.call(
        nameOf(repository, digest),
        {
          method: 'DELETE',
          path: `/v2/${repository}/manifests/${digest}`,
          scope: `repository:${repository}:pull,push,delete`,
          retries: RETRIES,
        },
        [202, 200, 404],
      );
      await response.body.dump();
    },
  };
}

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

const nameOf = (repository: string, reference: string) => `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;
