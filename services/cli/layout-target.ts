/** An image in an OCI layout on disk, folder or archive, as what evidence is about. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError } from '../../adapters/archive/archive-error.ts';
import type { ImageLayout } from '../../adapters/oci/layout.ts';
import type { EvidenceReader } from '../../adapters/oci/layout-referrers.ts';
import { type Descriptor, isIndexType } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

export interface LayoutTarget {
  readonly kind: 'layout';
  /** `<folder or archive>@<digest>` */
  readonly name: string;
  readonly digest: Digest;
  readonly subject: Descriptor;
  /** What can be written to; undefined for an archive. */
  readonly folder: string | undefined;
  /** A layout holds one repository, without a name. */
  readonly repository: '';
  readonly registry: EvidenceReader;
  /** Removes what was unpacked. */
  dispose(): Promise<void>;
}

/** `<place>`, `<place>:<tag>` or `<place>@<digest>`: which image of the layout. */
const SELECTOR = /^(.+?)(?:@(sha256:[0-9a-f]{64})|:([\w][\w.-]{0,127}))$/;

/** Undefined where the argument names neither a layout folder nor an archive of one. Throws a CliError. */
export async function openLayoutTarget(argument: string, io: CliIo): Promise<LayoutTarget | undefined> {
  const whole = await openPlace(argument, io);
  if (whole !== undefined) return choose(argument, whole, undefined);
  const [, place, digest, tag] = SELECTOR.exec(argument) ?? [];
  if (place === undefined) return undefined;
  const layout = await openPlace(place, io);
  return layout === undefined ? undefined : choose(place, layout, digest ?? tag);
}

/** Most images are in registries: what reads layouts is loaded where there is one. */
const loadLayouts = () => import('../../adapters/oci/layout.ts');

interface OpenLayout {
  readonly folder?: string;
  readonly layout: ImageLayout;
  dispose(): Promise<void>;
}

async function openPlace(argument: string, io: CliIo): Promise<OpenLayout | undefined> {
  const place = path.resolve(io.cwd, argument);
  const found = await stat(place).catch(() => undefined);
  if (found?.isDirectory()) {
    const marker = await stat(path.join(place, 'oci-layout')).catch(() => undefined);
    if (marker === undefined) return undefined;
    const { openLayout } = await loadLayouts();
    return { folder: place, layout: await openLayout(place), dispose: async () => undefined };
  }
  if (!found?.isFile()) return undefined;
  const { openImageArchive } = await import('../../adapters/oci/image-archive.ts');
  const archive = await openImageArchive(place, { signal: io.signal }).catch((error: unknown) => {
    // A file of another kind: its own bytes are what evidence is about.
    if (error instanceof ArchiveError) return undefined;
    throw error;
  });
  if (archive === undefined) return undefined;
  const dispose = async () => archive[Symbol.asyncDispose]();
  if (archive.written === 'oci') return { layout: archive, dispose };
  await dispose();
  throw new CliError(
    exitCodes.usage,
    'EVIDENCE_IMPOSSIBLE',
    `${argument} was written by "docker save": it has neither the image's manifest, whose digest is signed, nor its evidence`,
    {
      hint: 'Verify the image in its registry, or copy it with its evidence: oras copy -r --to-oci-layout IMAGE FOLDER:TAG',
    },
  );
}

async function choose(
  place: string,
  { folder, layout, dispose }: OpenLayout,
  wanted: string | undefined,
): Promise<LayoutTarget> {
  const { layoutTag } = await loadLayouts();
  const { readLayoutContents } = await import('../../adapters/oci/layout-referrers.ts');
  const contents = await readLayoutContents(layout);
  const { images } = contents;
  const fits = (image: Descriptor) => wanted === undefined || image.digest === wanted || layoutTag(image) === wanted;
  const roots = images.filter(fits);
  const fitting =
    roots.length === 0 ? (await childrenOf(images, contents)).filter((one) => one.digest === wanted) : roots;
  const chosen = [...new Map(fitting.map((image) => [image.digest, image])).values()];
  const [image] = chosen;
  if (image !== undefined && chosen.length === 1)
    return {
      kind: 'layout',
      name: `${place}@${image.digest}`,
      digest: image.digest,
      subject: image,
      folder,
      repository: '',
      registry: contents,
      dispose,
    };
  await dispose();
  const listed = images.map(
    (each) => `${place}${layoutTag(each) === undefined ? `@${each.digest}` : `:${layoutTag(each)}`}`,
  );
  throw new CliError(
    exitCodes.usage,
    'TARGET_AMBIGUOUS',
    chosen.length > 1
      ? `${place} holds ${chosen.length} images`
      : `${place} holds no image${wanted === undefined ? '' : ` ${wanted}`}`,
    listed.length === 0 ? {} : { hint: `Name one: ${listed.slice(0, 5).join(', ')}` },
  );
}

/** The platforms of indexes: named by digest, as no tag is theirs. */
async function childrenOf(images: readonly Descriptor[], contents: EvidenceReader): Promise<Descriptor[]> {
  const children: Descriptor[] = [];
  for (const { digest, mediaType } of images) {
    const stored = isIndexType(mediaType) ? await contents.getManifest('', digest) : undefined;
    if (stored?.content.kind === 'index') children.push(...stored.content.index.manifests);
  }
  return children;
}
