/** Reading the OCI image layout (image-layout.md of the image specification, v1.1) a recipe left: hostile until proven otherwise. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import {
  type Descriptor,
  indexSchema,
  isIndexType,
  isManifestType,
  manifestSchema,
} from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { digestHex } from '../../domain/artifact/digest.ts';
import { BuildError } from '../../domain/building/builder.ts';

/** Largest JSON document of a layout, in bytes: what registries take at least (distribution specification, "Pushing manifests"). */
const MAX_JSON = 4 * 1024 ** 2;
/** Blobs in one layout, and how deep indexes may nest. */
const MAX_BLOBS = 5000;
const MAX_DEPTH = 3;

/**
 * Checks a layout: version, exactly one top manifest, and every blob it reaches present with the right size and digest, in
 * regular files below `boundary`. Returns the top descriptor. Throws BuildError OUTPUT_INVALID, which names the place.
 */
export async function readLayout(layout: string, boundary: string): Promise<Descriptor> {
  const root = await realpath(layout).catch(() => {
    throw invalid('.', 'the recipe left no such folder: is "output" in the recipe right?');
  });
  const limit = await realpath(boundary);
  if (root !== limit && !root.startsWith(`${limit}${path.sep}`)) throw invalid('.', 'it leads out of the workspace');
  const marker = asObject(parse('oci-layout', await readSmall(root, 'oci-layout')));
  if (marker.imageLayoutVersion !== '1.0.0') throw invalid('oci-layout', 'imageLayoutVersion must be "1.0.0"');
  const index = check('index.json', indexSchema, await readSmall(root, 'index.json'));
  const [top, ...others] = index.manifests;
  if (top === undefined || others.length > 0)
    throw invalid('index.json', `it must list exactly one manifest or index, not ${index.manifests.length}`);
  await checkBlob(root, 'index.json manifests.0', top, { seen: new Set(), depth: 0 });
  return top;
}

interface Walk {
  readonly seen: Set<Digest>;
  readonly depth: number;
}

async function checkBlob(root: string, place: string, descriptor: Descriptor, walk: Walk): Promise<void> {
  if (walk.seen.has(descriptor.digest)) return;
  walk.seen.add(descriptor.digest);
  if (walk.seen.size > MAX_BLOBS) throw invalid(place, `more than ${MAX_BLOBS} blobs`);
  const name = path.join('blobs', 'sha256', digestHex(descriptor.digest));
  const isDocument = isManifestType(descriptor.mediaType);
  if (isDocument && descriptor.size > MAX_JSON)
    throw invalid(place, `a manifest of ${descriptor.size} bytes is too large`);
  const bytes = await verifyFile(root, name, place, descriptor, isDocument);
  if (!isDocument) {
    if (walk.depth === 0)
      throw invalid(place, `media type ${JSON.stringify(descriptor.mediaType)} is no manifest or index`);
    return;
  }
  if (walk.depth >= MAX_DEPTH) throw invalid(place, `indexes nest deeper than ${MAX_DEPTH}`);
  const below = { seen: walk.seen, depth: walk.depth + 1 };
  if (isIndexType(descriptor.mediaType)) {
    const { manifests } = check(name, indexSchema, bytes);
    for (const [at, child] of manifests.entries()) await checkBlob(root, `${name} manifests.${at}`, child, below);
    return;
  }
  const { config, layers } = check(name, manifestSchema, bytes);
  await checkBlob(root, `${name} config`, config, below);
  for (const [at, layer] of layers.entries()) await checkBlob(root, `${name} layers.${at}`, layer, below);
}

/** Size and digest of one blob; its bytes where `keep`. */
async function verifyFile(
  root: string,
  name: string,
  place: string,
  expected: Descriptor,
  keep: boolean,
): Promise<Buffer> {
  const file = await openInside(root, name, place);
  try {
    const { size } = await file.stat();
    if (size !== expected.size) throw invalid(name, `it has ${size} bytes, and ${place} says ${expected.size}`);
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 1024 ** 2 })) {
      hash.update(chunk as Buffer);
      if (keep) kept.push(chunk as Buffer);
    }
    const digest = `sha256:${hash.digest('hex')}`;
    if (digest !== expected.digest) throw invalid(name, `its bytes have the digest ${digest}`);
    return Buffer.concat(kept);
  } finally {
    await file.close();
  }
}

async function readSmall(root: string, name: string): Promise<Buffer> {
  const file = await openInside(root, name, name);
  try {
    const { size } = await file.stat();
    if (size > MAX_JSON) throw invalid(name, `it has ${size} bytes, and at most ${MAX_JSON} are read`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** A regular file that lies in the layout itself: neither it nor a folder on the way may be a link. */
async function openInside(root: string, name: string, place: string): Promise<FileHandle> {
  const file = path.join(root, name);
  const folder = await realpath(path.dirname(file)).catch(() => undefined);
  if (folder === undefined) throw invalid(place, `${path.dirname(name)} is not there`);
  if (folder !== path.dirname(file)) throw invalid(place, `${path.dirname(name)} is a link`);
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch((error: unknown) => {
    const link = error instanceof Error && 'code' in error && error.code === 'ELOOP';
    throw invalid(place, `${name} is ${link ? 'a link' : 'not there'}`);
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw invalid(place, `${name} is not a regular file`);
}

function check<T>(place: string, schema: z.ZodType<T>, bytes: Buffer): T {
  const parsed = schema.safeParse(parse(place, bytes));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(place, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not as specified'}`);
}

function parse(place: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid(place, 'it is not JSON');
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function invalid(place: string, why: string): BuildError {
  return new BuildError('OUTPUT_INVALID', `the OCI image layout the recipe left cannot be used: ${place}: ${why}`);
}
