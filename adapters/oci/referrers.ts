/** Referrers: the API of distribution 1.1, or the index under `sha256-<hex>` where there is none (referrers tag schema). */
import { type Descriptor, indexSchema, mediaTypes } from '../../domain/artifact/descriptor.ts';
import { type Digest, digestHex } from '../../domain/artifact/digest.ts';
import type { SubjectLease } from '../../domain/artifact/registry.ts';
import { type Registry, RegistryError } from '../../domain/artifact/registry.ts';
import { sha256 } from './digest-of.ts';
import { parseManifest } from './parse-manifest.ts';
import type { RegistrySession } from './registry-session.ts';

const MAX_LISTED = 20_000;
const MAX_PAGES = 100;
/** A peer outside our lease may write between our read and our write: seen when read back, and merged again. */
const MERGE_ATTEMPTS = 5;

/** `sha256-<hex>`: where referrers are listed without the API. */
export function referrersTag(subject: Digest): string {
  return `sha256-${digestHex(subject)}`;
}

export function createReferrers(
  session: RegistrySession,
  getManifest: Registry['getManifest'],
  putManifest: Registry['putManifest'],
  lease: SubjectLease,
): Pick<Registry, 'listReferrers' | 'attachReferrer' | 'attachReferrers'> {
  /** Undefined until the registry was asked once. */
  let hasApi: boolean | undefined;

  const listByApi = async (repository: string, subject: Digest, limit: number): Promise<Descriptor[] | undefined> => {
    const found: Descriptor[] = [];
    let next: string | undefined = `/v2/${repository}/referrers/${subject}`;
    for (let page = 0; next !== undefined && page < MAX_PAGES && found.length < limit; page += 1) {
      const what = `${repository}@${subject} (referrers)`;
      const response: Awaited<ReturnType<RegistrySession['call']>> = await session.call(
        what,
        { method: 'GET', path: next, scope: `repository:${repository}:pull` },
        [200, 404, 400, 405, 501],
      );
      const isIndex =
        response.status === 200 && (response.headers['content-type'] ?? '').startsWith(mediaTypes.ociIndex);
      if (!isIndex) {
        await response.body.dump();
        return undefined;
      }
      const parsed = indexSchema.safeParse(await response.body.json());
      if (!parsed.success) throw new RegistryError('REGISTRY_BAD_MANIFEST', `${session.host}/${what}: not an index`);
      found.push(...parsed.data.manifests);
      const link = /<([^>]+)>;\s*rel="next"/.exec(response.headers.link ?? '')?.[1];
      next = link === undefined ? undefined : session.resolve(link);
    }
    return found;
  };

  const listByTag = async (repository: string, subject: Digest): Promise<Descriptor[]> => {
    const stored = await getManifest(repository, referrersTag(subject));
    return stored?.content.kind === 'index' ? [...stored.content.index.manifests] : [];
  };

  const list = async (repository: string, subject: Digest, limit: number): Promise<Descriptor[]> => {
    if (hasApi !== false) {
      const listed = await listByApi(repository, subject, limit);
      // A repository that does not exist yet answers 404 too: only an answer settles the question, a 404 asks the tag.
      if (listed !== undefined) {
        hasApi = true;
        return listed;
      }
      if (hasApi === undefined) hasApi = await knowsApi(session, repository);
    }
    return listByTag(repository, subject);
  };

  const attachReferrers: Registry['attachReferrers'] = async (repository, subject, manifests) => {
    const added: Descriptor[] = [];
    for (const { bytes, mediaType } of manifests) added.push(await attachOne(repository, bytes, mediaType));
    if (added.length === 0) return added;
    // With the API the registry indexes `subject` itself.
    if (
      (await list(repository, subject, MAX_LISTED)).filter(({ digest }) => added.some((one) => one.digest === digest))
        .length === added.length
    )
      return added;
    if (hasApi === true)
      throw new RegistryError(
        'REGISTRY_UNAVAILABLE',
        `${session.host}/${repository}@${subject}: the referrers just attached are not listed yet`,
      );
    await lease.hold(`${session.host}/${repository}@${subject}`, () => mergeTag(repository, subject, added));
    return added;
  };

  const attachOne = async (repository: string, bytes: Uint8Array, mediaType: string): Promise<Descriptor> => {
    const digest = sha256(bytes);
    const parsed = parseManifest(bytes, mediaType, digest, `${repository}@${digest}`);
    if (parsed.content.kind !== 'manifest' || parsed.content.manifest.subject === undefined)
      throw new RegistryError(
        'REGISTRY_BAD_MANIFEST',
        `${repository}@${digest}: a referrer is an image manifest with a subject`,
      );
    const { artifactType, config, annotations } = parsed.content.manifest;
    const descriptor = await putManifest(repository, digest, bytes, mediaType);
    return {
      ...descriptor,
      artifactType: artifactType ?? config.mediaType,
      ...(annotations === undefined ? {} : { annotations }),
    };
  };

  /** Read, merge, write, read back: until the index under the tag lists everything that was added. */
  const mergeTag = async (repository: string, subject: Digest, added: readonly Descriptor[]): Promise<void> => {
    for (let attempt = 0; attempt < MERGE_ATTEMPTS; attempt += 1) {
      const listed = await listByTag(repository, subject);
      const lacking = added.filter(({ digest }) => !listed.some((entry) => entry.digest === digest));
      if (lacking.length === 0) return;
      if (listed.length + lacking.length > MAX_LISTED)
        throw new RegistryError(
          'REGISTRY_TOO_LARGE',
          `${repository}@${subject}: more than ${MAX_LISTED} referrers under one tag`,
        );
      const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [...listed, ...lacking] };
      await putManifest(
        repository,
        referrersTag(subject),
        new TextEncoder().encode(JSON.stringify(index)),
        mediaTypes.ociIndex,
      );
    }
    throw new RegistryError(
      'REGISTRY_UNAVAILABLE',
      `${repository}:${referrersTag(subject)}: others write this tag all the time; tried ${MERGE_ATTEMPTS} times`,
    );
  };

  return {
    async listReferrers(repository, subject, { artifactType, limit = MAX_LISTED } = {}) {
      const found = await list(repository, subject, limit);
      const wanted = artifactType === undefined ? found : found.filter((entry) => entry.artifactType === artifactType);
      return wanted.slice(0, limit);
    },
    attachReferrers,
    async attachReferrer(repository, subject, bytes, mediaType) {
      const [descriptor] = await attachReferrers(repository, subject, [{ bytes, mediaType }]);
      if (descriptor === undefined) throw new Error('nothing was attached');
      return descriptor;
    },
  };
}

/** Asks for the referrers of a digest nothing has: a registry with the API answers 200 and an empty index. */
async function knowsApi(session: RegistrySession, repository: string): Promise<boolean> {
  const response = await session.call(
    `${repository} (referrers API)`,
    {
      method: 'GET',
      path: `/v2/${repository}/referrers/sha256:${'0'.repeat(64)}`,
      scope: `repository:${repository}:pull`,
    },
    [200, 400, 404, 405, 501],
  );
  await response.body.dump();
  return response.status === 200;
}
