/** Referrers: the API of distribution 1.1, or the index under `sha256-<hex>` where there is none (referrers tag schema). */

import { type Descriptor, mediaTypes } from '../../domain/artifact/descriptor.ts';
import { type Digest, digestHex } from '../../domain/artifact/digest.ts';
import { readIndex } from '../../domain/artifact/plain-manifest.ts';
import type { Confirm, SubjectLease } from '../../domain/artifact/registry.ts';
import { type Registry, RegistryError, type RegistryErrorCode } from '../../domain/artifact/registry.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import { mapConcurrently } from '../concurrency/map-concurrently.ts';
import { describeReferrer } from './describe-referrer.ts';
import { nextPage, readDocument } from './read-answer.ts';
import { errorCodes, type RegistrySession } from './registry-session.ts';

/** What `indexSchema` takes. */
const MAX_LISTED = 10_000;
/** Also for pages of ten: a registry that lists further has no end, or nothing we may act on without having seen it all. */
const MAX_PAGES = MAX_LISTED / 10;
/** Distribution specification, "Pushing Manifests": what registries must take, and clients read. */
const MAX_LIST_BYTES = 4 * 1024 * 1024;
const NO_LIST: ReadonlySet<RegistryErrorCode> = new Set(['REGISTRY_BAD_MANIFEST', 'REGISTRY_TOO_LARGE']);
/** A peer outside our lease may write between our read and our write: seen when read back, and merged again. */
const MERGE_ATTEMPTS = 5;
const CONCURRENT_WRITES = 4;

/** `sha256-<hex>`: where referrers are listed without the API. */
function referrersTag(subject: Digest): string {
  return `sha256-${digestHex(subject)}`;
}

/** What attaching needs of writing: besides the descriptor, the subject the registry says it indexed (`OCI-Subject`). */
export type WriteManifest = (
  repository: string,
  reference: string,
  bytes: Uint8Array,
  mediaType: string,
) => Promise<{ readonly descriptor: Descriptor; readonly indexedSubject: string | undefined }>;

/** The referrers of one registry. */
export interface Referrers extends Pick<Registry, 'listReferrers' | 'attachReferrer' | 'attachReferrers'> {
  /** Takes a manifest that is about to be deleted off its subject's list, where that list is ours to keep. */
  forget(repository: string, subject: Digest, referrer: Digest): Promise<void>;
}

type Wanted = (referrer: Descriptor) => boolean;

export function createReferrers(
  session: RegistrySession,
  getManifest: Registry['getManifest'],
  writeManifest: WriteManifest,
  lease: SubjectLease,
): Referrers {
  /** False once the registry has shown that it has none. */
  let mayHaveApi = true;

  const list = async (repository: string, subject: Digest, limit: number, wanted: Wanted): Promise<Descriptor[]> => {
    if (mayHaveApi) {
      const answer = await listByApi(session, { repository, subject, limit, wanted });
      if (Array.isArray(answer)) return answer;
      mayHaveApi = answer === 'unsettled';
    }
    return (await listByTag(repository, subject)).filter(wanted).slice(0, limit);
  };

  /** The tag is anybody's who may push: what is no list, or too long for one, lists nothing, and holds nobody up. */
  const listByTag = async (repository: string, subject: Digest): Promise<Descriptor[]> => {
    const stored = await getManifest(repository, referrersTag(subject)).catch((error: unknown) => {
      if (error instanceof RegistryError && NO_LIST.has(error.code)) return undefined;
      throw error;
    });
    return stored?.content.kind === 'index' ? [...stored.content.index.manifests] : [];
  };

  const attachReferrers: Registry['attachReferrers'] = async (repository, subject, manifests, confirm = 'now') => {
    const described = manifests.map((one) => ({
      ...one,
      descriptor: describeReferrer(repository, subject, one.bytes, one.mediaType),
    }));
    const added = described.map(({ descriptor }) => descriptor);
    if (added.length === 0) return added;
    const isAdded: Wanted = ({ digest }) => added.some((one) => one.digest === digest);
    const unwritten = described.filter(({ isThere }) => isThere !== true);
    const areListed = async () => (await list(repository, subject, added.length, isAdded)).length === added.length;
    // Where nothing is written, nothing says whether the registry keeps the list: one that does has them on it.
    if (unwritten.length === 0 && (await areListed())) return added;
    let indexed = unwritten.length > 0;
    await mapConcurrently(unwritten, CONCURRENT_WRITES, async ({ descriptor, bytes, mediaType }) => {
      const { indexedSubject } = await writeManifest(repository, descriptor.digest, bytes, mediaType);
      indexed &&= indexedSubject === subject;
    });
    await reach('referrers.written', `${repository}@${subject}`);
    // Distribution specification, "Pushing Manifests with Subject": without OCI-Subject in its answer, the tag is ours to keep.
    if (!indexed) {
      if (unwritten.length > 0) mayHaveApi = false;
      if (confirm === 'unlisted') return added;
      await addToTag(repository, subject, added, confirm);
      return added;
    }
    mayHaveApi = true;
    if (confirm !== 'now') return added;
    if (!(await areListed()))
      throw new RegistryError(
        'REGISTRY_UNAVAILABLE',
        `${session.host}/${repository}@${subject}: the referrers just attached are not listed yet`,
      );
    return added;
  };

  /** Read, change, write, read back: until there is nothing left to change. `change` returns undefined then. `later`: written once. */
  const updateTag = (
    repository: string,
    subject: Digest,
    change: (listed: readonly Descriptor[]) => readonly Descriptor[] | undefined,
    confirm: Confirm = 'now',
  ): Promise<void> =>
    lease.hold(`${session.host}/${repository}@${subject}`, async (held) => {
      const place = `${session.host}/${repository}:${referrersTag(subject)}`;
      for (let attempt = 0; attempt <= MERGE_ATTEMPTS; attempt += 1) {
        const manifests = change(await listByTag(repository, subject));
        if (manifests === undefined) return;
        if (attempt === MERGE_ATTEMPTS) break;
        await reach('referrers.listed', `${repository}@${subject}`);
        const bytes = encodeList(manifests);
        held.check();
        await writeManifest(repository, referrersTag(subject), bytes, mediaTypes.ociIndex);
        if (confirm === 'later') return;
      }
      throw new RegistryError(
        'REGISTRY_UNAVAILABLE',
        `${place}: another writer overwrote the list ${MERGE_ATTEMPTS} times; try again`,
      );
    });

  const addToTag = (
    repository: string,
    subject: Digest,
    added: readonly Descriptor[],
    confirm: Confirm,
  ): Promise<void> =>
    updateTag(
      repository,
      subject,
      (listed) => {
        const lacking = added.filter(({ digest }) => !listed.some((entry) => entry.digest === digest));
        return lacking.length === 0 ? undefined : makeRoom(listed, lacking);
      },
      confirm,
    );

  return {
    listReferrers(repository, subject, { artifactType, limit = MAX_LISTED } = {}) {
      return list(repository, subject, limit, (one) => artifactType === undefined || one.artifactType === artifactType);
    },
    attachReferrers,
    // Where the registry keeps the list, there is no tag, or an old one that may as well be right.
    forget: (repository, subject, referrer) =>
      updateTag(repository, subject, (listed) => {
        const kept = listed.filter(({ digest }) => digest !== referrer);
        return kept.length === listed.length ? undefined : kept;
      }),
    async attachReferrer(repository, subject, bytes, mediaType) {
      const [descriptor] = await attachReferrers(repository, subject, [{ bytes, mediaType }]);
      if (descriptor === undefined) throw new Error('nothing was attached');
      return descriptor;
    },
  };
}

function encodeList(manifests: readonly Descriptor[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
}

/** Where a flood has filled the list, what was listed last gives way: the flood itself, most likely. */
function makeRoom(listed: readonly Descriptor[], added: readonly Descriptor[]): Descriptor[] {
  let kept = listed.slice(0, Math.max(0, MAX_LISTED - added.length));
  while (kept.length > 0 && encodeList([...kept, ...added]).byteLength > MAX_LIST_BYTES)
    kept = kept.slice(0, Math.floor(kept.length * 0.9));
  return [...kept, ...added];
}

/**
 * `none` where the registry shows that it has no such API. `unsettled` where it may yet: one that has it answers 404 for a
 * repository nobody has pushed to.
 */
async function listByApi(
  session: RegistrySession,
  asked: { repository: string; subject: Digest; limit: number; wanted: Wanted },
): Promise<Descriptor[] | 'none' | 'unsettled'> {
  const { repository, subject, limit, wanted } = asked;
  const what = `${repository}@${subject} (referrers)`;
  const found: Descriptor[] = [];
  let next: string | undefined = `/v2/${repository}/referrers/${subject}`;
  for (let page = 0; next !== undefined && found.length < limit; page += 1) {
    // Cut off in silence, evidence would be hidden.
    if (page === MAX_PAGES)
      throw new RegistryError(
        'REGISTRY_TOO_LARGE',
        `${session.host}/${what}: more than ${MAX_PAGES} pages: delete referrers, or have the registry list more on a page`,
      );
    const response: Awaited<ReturnType<RegistrySession['call']>> = await session.call(
      what,
      { method: 'GET', path: next, scope: `repository:${repository}:pull` },
      [200, 400, 404, 405, 501],
    );
    if (response.status !== 200) {
      const codes = await errorCodes(response);
      return codes.includes('NAME_UNKNOWN') || codes.includes('MANIFEST_UNKNOWN') ? 'unsettled' : 'none';
    }
    if (!(response.headers['content-type'] ?? '').startsWith(mediaTypes.ociIndex)) {
      await response.body.dump();
      return 'none';
    }
    const parsed = readIndex(await readDocument(response, `${session.host}/${what}`));
    if (!parsed.success) throw new RegistryError('REGISTRY_BAD_MANIFEST', `${session.host}/${what}: not an index`);
    found.push(...parsed.data.manifests.filter(wanted));
    next = nextPage(session, response);
  }
  return found.slice(0, limit);
}
