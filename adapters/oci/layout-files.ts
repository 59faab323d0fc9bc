import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import { RegistryError } from '../../domain/artifact/registry.ts';

/** The files of an image layout, wherever they lie: in a folder, or unpacked from an archive. */
export interface LayoutFiles {
  /** How errors name it. */
  readonly name: string;
  /** `path` with forward slashes, relative to the root. Undefined where there is no such file. The stream is read once. */
  open(path: string): Promise<{ readonly size: number; readonly bytes: ByteStream } | undefined>;
}

/** Bytes a read takes at a time. */
const CHUNK = 256 * 1024;

/**
 * Files of a folder. Neither a file nor a folder on the way may be a link, a pipe or a device: throws a RegistryError
 * (REGISTRY_REFUSED) that names it.
 */
export async function folderFiles(folder: string): Promise<LayoutFiles> {
  const root = await realpath(folder);
  const openInside = async (name: string): Promise<FileHandle | undefined> => {
    const file = path.join(root, name);
    const parent = await realpath(path.dirname(file)).catch(() => undefined);
    if (parent === undefined) return undefined;
    if (parent !== path.dirname(file)) throw refusal(folder, name, 'a link');
    const handle = await openFile(file, () => refusal(folder, name, 'a link'));
    if (handle === undefined || (await handle.stat()).isFile()) return handle;
    await handle.close();
    throw refusal(folder, name, 'not a regular file');
  };
  return {
    name: folder,
    async open(name) {
      const handle = await openInside(name);
      if (handle === undefined) return undefined;
      const { size } = await handle.stat();
      await handle.close();
      return { size, bytes: readLate(() => openInside(name)) };
    },
  };
}

async function openFile(file: string, onLink: () => Error): Promise<FileHandle | undefined> {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return open(file, flags).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    throw code === 'ELOOP' ? onLink() : error;
  });
}

/** Opened when it is read: a stream that nobody reads holds nothing. */
async function* readLate(open: () => Promise<FileHandle | undefined>): AsyncGenerator<Uint8Array> {
  const handle = await open();
  // Gone since it was found: to the digest check that is a truncated blob.
  if (handle !== undefined) yield* handle.createReadStream({ highWaterMark: CHUNK });
}

function refusal(folder: string, name: string, what: string): RegistryError {
  return new RegistryError('REGISTRY_REFUSED', `${folder}: ${name} is ${what}: a layout holds its own files only`);
}
