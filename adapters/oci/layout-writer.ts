/** Evidence written into an OCI image layout in a folder (image specification 1.1, image-layout.md), as oras and notation leave it. */
import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Descriptor, indexSchema } from '../../domain/artifact/descriptor.ts';
import { digestHex } from '../../domain/artifact/digest.ts';
import { type Registry, RegistryError } from '../../domain/artifact/registry.ts';
import { tryPassingLock } from '../concurrency/passing-lock.ts';
import { describeReferrer } from './describe-referrer.ts';
import { openLayout } from './layout.ts';
import { folderFiles } from './layout-files.ts';

/** What attaching a referrer takes. A layout is one repository: the name counts for nothing. */
export type ReferrerPlace = Pick<Registry, 'resolve' | 'attachReferrer'> & {
  putBlob(repository: string, blob: Pick<Descriptor, 'digest' | 'size'>, content: Uint8Array): Promise<void>;
};

/** How long another writer of the same layout is waited for, and how often it is looked for: milliseconds. */
const LOCK_WAIT = 10_000;
const LOCK_LOOK = 50;

/**
 * Writes into the layout in `folder`: blobs first, then the list in `index.json`, each as a whole or not at all. One process lists
 * at a time; the lock on `index.json.lock` says so to the others, and ends with its process. Throws a RegistryError where the folder is no layout, has links in
 * it, or cannot be written.
 */
export async function openLayoutWriter(folder: string): Promise<ReferrerPlace> {
  const read = await openLayout(folder);
  const blobPath = ({ digest }: Pick<Descriptor, 'digest'>) => `blobs/sha256/${digestHex(digest)}`;
  const write = (name: string, bytes: Uint8Array) => asRegistryError(folder, () => writeWhole(folder, name, bytes));
  return {
    resolve: (repository, reference) => read.resolve(repository, reference),
    putBlob: (_repository, blob, content) => write(blobPath(blob), content),
    async attachReferrer(_repository, subject, bytes, mediaType) {
      const descriptor = describeReferrer(folder, subject, bytes, mediaType);
      await write(blobPath(descriptor), bytes);
      await asRegistryError(folder, () => underLock(folder, () => list(folder, descriptor)));
      return descriptor;
    },
  };
}

/** Everything that `index.json` says besides stays as it is, known here or not. */
async function list(folder: string, added: Descriptor): Promise<void> {
  const { roots } = await openLayout(folder);
  if (roots.some(({ digest }) => digest === added.digest)) return;
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await (await folderFiles(folder)).open('index.json'))?.bytes ?? []) chunks.push(chunk);
  const index = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { readonly manifests: readonly unknown[] };
  const next = { ...index, manifests: [...index.manifests, added] };
  const checked = indexSchema.safeParse(next);
  if (!checked.success)
    throw new RegistryError(
      'REGISTRY_TOO_LARGE',
      `${folder}: index.json lists as much as it may: sign it in a registry`,
    );
  await writeWhole(folder, 'index.json', Buffer.from(JSON.stringify(next)));
}

async function underLock(folder: string, act: () => Promise<void>): Promise<void> {
  const file = path.join(await realpath(folder), 'index.json.lock');
  for (let waited = 0; ; waited += LOCK_LOOK) {
    using lock = tryPassingLock(file);
    if (lock !== undefined) return await act();
    if (waited >= LOCK_WAIT)
      throw new RegistryError('REGISTRY_UNAVAILABLE', `${folder}: somebody else is writing to it: try again`);
    await setTimeout(LOCK_LOOK);
  }
}

/** Into a file beside it, flushed, then under its name: what reads meanwhile sees the old or the new. A link in its place is replaced. */
async function writeWhole(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const file = path.join(await realpath(folder), name);
  const parent = await realpath(path.dirname(file));
  if (parent !== path.dirname(file))
    throw new RegistryError(
      'REGISTRY_REFUSED',
      `${folder}: ${path.dirname(name)} is a link: a layout holds its own files only`,
    );
  const draft = `${file}.${randomUUID()}.new`;
  try {
    const handle = await open(draft, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function asRegistryError<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError('REGISTRY_DENIED', `${folder}: cannot be written: ${(cause as Error).message}`, { cause });
  }
}
