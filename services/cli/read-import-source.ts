/** What `pratique import` is given on this machine: objects of a cluster, or a folder of manifests. */
import { opendir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { decodeDocuments, MAX_CLUSTER_BYTES } from '../../domain/import/decode-documents.ts';
import { ImportError } from '../../domain/import/import-error.ts';
import { isKubernetesObject, readKubernetes } from '../../domain/import/read-kubernetes.ts';
import { isManifestFile, MAX_MANIFEST_BYTES, readManifestFile } from '../../domain/import/read-manifest-file.ts';
import { ReferenceList } from '../../domain/import/reference-list.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

const MAX_FILES = 100_000;
const MAX_DEPTH = 64;
const LEFT_OUT: readonly string[] = ['.git', 'node_modules'];

/** Kubernetes objects of a file, or of stdin (`-`). Throws a CliError for what is none. */
export async function readCluster(file: string, io: CliIo): Promise<ReferenceList> {
  const name = file === '-' ? 'stdin' : file;
  const found = new ReferenceList();
  await asInput(name, async () => {
    const documents = decodeDocuments(file === '-' ? await readAll(io.in) : await readBounded(file, io));
    if (!documents.some((document) => isKubernetesObject(document)))
      throw new ImportError('IMPORT_NOT_READABLE', 'no Kubernetes object: give it what kubectl get … -o json prints');
    for (const document of documents) readKubernetes(document, '', found);
  });
  return found;
}

/** Every manifest below a folder; links are not followed. `progress` gets the number of files. */
export async function readFolder(folder: string, io: CliIo, progress: (files: number) => void): Promise<ReferenceList> {
  const root = path.resolve(io.cwd, folder);
  const found = new ReferenceList();
  await asInput(folder, async () => {
    let files = 0;
    for await (const file of manifestsBelow(root, found)) {
      files += 1;
      if (files > MAX_FILES)
        throw new ImportError('IMPORT_TOO_MANY', `more than ${MAX_FILES} files: name a folder in it`);
      const name = path.relative(root, file).split(path.sep).join('/');
      io.signal.throwIfAborted();
      progress(files);
      const { size } = await stat(file);
      if (size > MAX_MANIFEST_BYTES) found.report(name, `more than ${MAX_MANIFEST_BYTES / 1024 / 1024} MiB`);
      else readManifestFile(await readFile(file), name, found);
    }
  });
  return found;
}

async function* manifestsBelow(folder: string, found: ReferenceList, depth = 0): AsyncGenerator<string> {
  if (depth > MAX_DEPTH) {
    found.report(folder, `folders nested more than ${MAX_DEPTH} deep`);
    return;
  }
  const entries = [];
  for await (const entry of await opendir(folder)) entries.push(entry);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory() && !LEFT_OUT.includes(entry.name)) yield* manifestsBelow(place, found, depth + 1);
    else if (entry.isFile() && isManifestFile(entry.name)) yield place;
  }
}

async function readBounded(file: string, io: CliIo): Promise<Uint8Array> {
  const place = path.resolve(io.cwd, file);
  const { size } = await stat(place);
  if (size > MAX_CLUSTER_BYTES) throw tooLarge();
  return readFile(place);
}

async function readAll(stream: CliIo['in']): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > MAX_CLUSTER_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): ImportError {
  return new ImportError(
    'IMPORT_TOO_LARGE',
    `more than ${MAX_CLUSTER_BYTES / 1024 / 1024} MiB: bring it in by namespace`,
  );
}

/** What is wrong with a file is the user's to mend: exit 2. */
async function asInput(name: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (cause) {
    if (cause instanceof ImportError)
      throw new CliError(exitCodes.usage, cause.code, `${name}: ${cause.message}`, { cause });
    if (
      typeof (cause as NodeJS.ErrnoException).code === 'string' &&
      (cause as NodeJS.ErrnoException).syscall !== undefined
    )
      throw new CliError(exitCodes.usage, 'FILE_UNREADABLE', `cannot read ${name}: ${(cause as Error).message}`, {
        cause,
      });
    throw cause;
  }
}
