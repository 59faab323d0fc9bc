import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { indexSchema, manifestSchema } from '../../../../domain/artifact/descriptor.ts';
import { type Digest, digestHex } from '../../../../domain/artifact/digest.ts';

const tool = fileURLToPath(new URL('../../../../infra/recipes/oci-image.mjs', import.meta.url));

/** Runs the recipe tool as a recipe does; gives the digest it printed. */
export async function runOciImage(cwd: string, args: readonly string[], epoch = '1714564800'): Promise<Digest> {
  const env = { PATH: '/usr/bin:/bin', SOURCE_DATE_EPOCH: epoch };
  const { stdout } = await promisify(execFile)(process.execPath, [tool, ...args], { cwd, env });
  return stdout.trim() as Digest;
}

export function createFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), 'pratique-oci-image-'));
}

export function readBlob(layout: string, digest: Digest): Promise<Buffer> {
  return readFile(path.join(layout, 'blobs', 'sha256', digestHex(digest)));
}

/** The one manifest of a layout, and its configuration. */
export async function readImage(layout: string) {
  const index = indexSchema.parse(JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8')));
  const [top] = index.manifests;
  if (top === undefined) throw new Error('an empty index');
  const manifest = manifestSchema.parse(JSON.parse((await readBlob(layout, top.digest)).toString()));
  const config: unknown = JSON.parse((await readBlob(layout, manifest.config.digest)).toString());
  return { top, manifest, config };
}
