/** Targets of a repository of The Update Framework, kept in the user's cache: asked for when a day has gone by, and of use offline until what is kept expires. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type MetadataFolder, openMetadataFolder } from './metadata-folder.ts';
import { openMirror } from './mirror.ts';
import { openKeptRepository, type Repository, type RepositorySource, updateRepository } from './repository.ts';
import { SIGSTORE_MIRROR } from './sigstore-mirror.ts';
import { TufError } from './tuf-error.ts';

export interface TufClientOptions {
  /** Address of the mirror. */
  readonly mirror: string;
  /** The root to begin with; without one, what `initialize` was given for this mirror, else Sigstore's own for its mirror. */
  readonly root?: Uint8Array | undefined;
  /** A folder for all mirrors. */
  readonly cacheFolder: string;
  readonly now: () => Date;
  readonly timeouts?: Parameters<typeof openMirror>[1];
}

export interface TufClient {
  /** Asks the mirror now. `names`: targets that are fetched along, so that they are there offline. Throws a TufError. */
  update(names: readonly string[]): Promise<Repository>;
  /** What is kept; nobody is asked. Throws TUF_CACHE_EMPTY or TUF_EXPIRED. */
  kept(): Promise<Repository>;
  /**
   * What is kept where the mirror was asked within a day, else what it has now. Where it cannot be reached, what is kept as long as
   * it is valid: `unreachable` says why it was not asked. Any other fault of the mirror is thrown, and changes nothing.
   */
  current(names: readonly string[]): Promise<{ readonly repository: Repository; readonly unreachable?: TufError }>;
}

const ASKED_AFTER_MS = 24 * 3600 * 1000;
const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex');

/** Throws TUF_ROOT_MISSING where nothing says what to begin with. */
export async function openTufClient(options: TufClientOptions): Promise<TufClient> {
  const { mirror, now, timeouts } = options;
  const mirrorFolder = folderOf(options);
  const root = options.root ?? (await mirrorFolder.read('initial-root.json')) ?? (await seedOf(mirror));
  if (root === undefined)
    throw new TufError(
      'TUF_ROOT_MISSING',
      `${mirror}: name the root to begin with (--tuf-root, or "trust initialize")`,
    );
  // Of each root that was begun with: what one vouches for says nothing under another.
  const folder = openMetadataFolder(path.join(mirrorFolderName(options), sha256(root)));
  const source = (): RepositorySource => ({ place: mirror, root, folder, at: now() });
  const kept = () => openKeptRepository(source());
  const update = async (names: readonly string[]) => {
    const opened = openMirror(mirror, timeouts);
    try {
      await updateRepository(source(), opened, names);
    } finally {
      await opened.close();
    }
    return kept();
  };
  return {
    update,
    kept,
    async current(names) {
      const before = await kept().catch(refusal);
      if (!(before instanceof TufError) && (await hasAll(before, names))) {
        const age = now().getTime() - before.state.checkedAt.getTime();
        if (age >= 0 && age < ASKED_AFTER_MS) return { repository: before };
      }
      const updated = await update(names).catch(refusal);
      if (!(updated instanceof TufError)) return { repository: updated };
      const isAway = updated.code === 'TUF_UNREACHABLE' || updated.code === 'TUF_TOO_SLOW';
      if (!isAway || before instanceof TufError || !(await hasAll(before, names))) throw updated;
      return { repository: before, unreachable: updated };
    },
  };
}

/** From now on this root is what is begun with at this mirror. Throws TUF_ROOT_INVALID where it is none. */
export async function initializeTuf(options: TufClientOptions & { readonly root: Uint8Array }): Promise<TufClient> {
  const client = await openTufClient(options);
  await client.update([]);
  await folderOf(options).write('initial-root.json', options.root);
  return client;
}

/** A TufError as a value; anything else is thrown. */
function refusal(error: unknown): TufError {
  if (error instanceof TufError) return error;
  throw error;
}

async function hasAll(repository: Repository, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => repository.target(name).catch(refusal)));
  return found.every((target) => !(target instanceof TufError));
}

function mirrorFolderName({ cacheFolder, mirror }: TufClientOptions): string {
  const { host } = new URL(mirror);
  return path.join(
    cacheFolder,
    'tuf',
    `${host.replace(/[^\w.-]/g, '-')}-${sha256(mirror.replace(/\/+$/, '')).slice(0, 16)}`,
  );
}

function folderOf(options: TufClientOptions): MetadataFolder {
  return openMetadataFolder(mirrorFolderName(options));
}

/** The root that comes with `@sigstore/tuf`, for Sigstore's public mirror. Its client is not used: it fetches by itself. */
async function seedOf(mirror: string): Promise<Uint8Array | undefined> {
  if (mirror.replace(/\/+$/, '') !== SIGSTORE_MIRROR) return undefined;
  const file = fileURLToPath(import.meta.resolve('@sigstore/tuf/seeds.json'));
  const seeds = JSON.parse(await readFile(file, 'utf8')) as Record<string, { 'root.json': string } | undefined>;
  const encoded = seeds[SIGSTORE_MIRROR]?.['root.json'];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64');
}
