/** An image as a source: in a registry, or in an OCI layout on disk. */
import { arch } from 'node:os';
import path from 'node:path';
import { ArchiveError } from '../../adapters/archive/archive-error.ts';
import type { ImageLayout, ImageReader } from '../../adapters/oci/layout.ts';
import { createFileLayerCache } from '../../adapters/sbom/file-layer-cache.ts';
import { createImageStockTaker, isPlatform } from '../../adapters/sbom/image-stock-taker.ts';
import { imageSubject } from '../../adapters/sbom/image-subject.ts';
import { type Descriptor, type Platform, platformName } from '../../domain/artifact/descriptor.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type ImageReference, parseReference } from '../../domain/artifact/reference.ts';
import { RegistryError, type StoredManifest } from '../../domain/artifact/registry.ts';
import type { SbomSubject } from '../../domain/sbom/document.ts';
import { cacheFolder } from './cache-folder.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { igzipOf } from './igzip-of.ts';
import { createProgressLine } from './progress-line.ts';
import type { OpenSourceOptions, Source } from './source.ts';

/** Go's names of architectures, which images use, by Node's. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** An image in a registry: the tag is resolved, once. Throws a CliError. */
export async function openRegistrySource(argument: string, options: OpenSourceOptions): Promise<Source> {
  checkWish(options.platform);
  const { registry: host, repository, tag, digest: named } = parseImage(argument);
  const { openMirrored } = await import('./open-mirrored.ts');
  const registry = await openMirrored(host, repository, options.io);
  const stored = await asCliError(() => registry.getManifest(repository, named ?? tag ?? 'latest'));
  if (stored === undefined)
    throw new CliError(exitCodes.infrastructure, 'IMAGE_NOT_FOUND', `${argument}: the registry has no such image`);
  const { digest } = stored.descriptor;
  return imageSource(
    {
      describe: `image ${host}/${repository}@${digest}`,
      name: `${host}/${repository}`,
      reader: registry,
      repository,
      roots: [digest],
      whole: stored.content.kind === 'index' ? imageSubject(`${host}/${repository}`, digest, undefined) : undefined,
      wantsPlatform: choosePlatform(argument, platformsOf(stored), options.platform),
    },
    options,
  );
}

/** An OCI image layout in a folder: its `index.json` is read as an index. Throws a CliError. */
export async function openLayoutSource(folder: string, options: OpenSourceOptions): Promise<Source> {
  checkWish(options.platform);
  const { openLayout } = await import('../../adapters/oci/layout.ts');
  const layout = await asCliError(() => openLayout(folder));
  return layoutSource(`OCI layout ${folder}`, folder, layout, options);
}

/** An OCI archive, or what `docker save` wrote; undefined where the archive holds no image. Throws a CliError. */
export async function openImageArchiveSource(file: string, options: OpenSourceOptions): Promise<Source | undefined> {
  checkWish(options.platform);
  const { openImageArchive } = await import('../../adapters/oci/image-archive.ts');
  const archive = await asCliError(() => openImageArchive(file, { signal: options.io.signal }));
  if (archive === undefined) return undefined;
  try {
    const source = await layoutSource(`image archive ${file}`, file, archive, options);
    const stock = async () => {
      try {
        return await source.stock();
      } finally {
        await archive[Symbol.asyncDispose]();
      }
    };
    return { ...source, stock };
  } catch (error) {
    await archive[Symbol.asyncDispose]();
    throw error;
  }
}

async function layoutSource(
  describe: string,
  place: string,
  layout: ImageLayout,
  options: OpenSourceOptions,
): Promise<Source> {
  const [root] = layout.roots;
  const stored =
    root !== undefined && layout.roots.length === 1
      ? await asCliError(() => layout.getManifest('', root.digest))
      : undefined;
  const platforms = stored === undefined ? namedPlatforms(layout.roots) : platformsOf(stored);
  return imageSource(
    {
      describe,
      name: path.basename(place),
      reader: layout,
      repository: '',
      roots: layout.roots.map(({ digest }) => digest),
      whole: wholeOf(path.basename(place), layout, stored),
      wantsPlatform: choosePlatform(place, platforms, options.platform),
    },
    options,
  );
}

/** An index by its digest; several images side by side have none in common. */
function wholeOf(name: string, { roots }: ImageLayout, stored: StoredManifest | undefined): SbomSubject | undefined {
  if (roots.length > 1) return { kind: 'container', name };
  return stored?.content.kind === 'index' ? imageSubject(name, stored.descriptor.digest, undefined) : undefined;
}

interface FoundImage {
  readonly describe: string;
  /** What documents call it. */
  readonly name: string;
  readonly reader: Omit<ImageReader, 'resolve'>;
  readonly repository: string;
  readonly roots: readonly Digest[];
  readonly whole: SbomSubject | undefined;
  readonly wantsPlatform: (platform: Platform) => boolean;
}

function imageSource(
  { describe, name, reader, repository, roots, whole, wantsPlatform }: FoundImage,
  options: OpenSourceOptions,
): Source {
  const { io, platform: wish } = options;
  return {
    kind: 'image',
    describe,
    ...(whole === undefined ? {} : { whole }),
    async stock() {
      const line = createProgressLine(io);
      const taker = createImageStockTaker(reader, {
        cache: createFileLayerCache(path.join(cacheFolder(io), 'layers')),
        igzip: igzipOf(io),
        wantsPlatform,
      });
      const progress = (text: string): void => line.show(text);
      const taken = await asCliError(async () => {
        const all = [];
        for (const root of roots) all.push(...(await taker.take(repository, root, { signal: io.signal, progress })));
        return all;
      });
      line.clear();
      if (taken.length === 0) throw noPlatform(describe, wish ?? hostPlatform(), []);
      return taken.map(({ digest, platform, created, build, stock }) => ({
        stock,
        subject: imageSubject(name, digest, platform === undefined ? undefined : platformName(platform)),
        ...(platform === undefined ? {} : { platform }),
        ...(created === undefined ? {} : { created }),
        ...(build.length === 0 ? {} : { build }),
      }));
    },
  };
}

function parseImage(argument: string): ImageReference & { registry: string } {
  const hint = 'Name a file or a folder, or an image with its registry: localhost:5000/shop:1.0';
  const missing = `${argument}: no such file or folder, and`;
  let reference: ImageReference;
  try {
    reference = parseReference(argument);
  } catch (cause) {
    throw new CliError(exitCodes.usage, 'SOURCE_NOT_FOUND', `${missing} not an image reference`, { cause, hint });
  }
  const { registry } = reference;
  if (registry === undefined)
    throw new CliError(exitCodes.usage, 'SOURCE_NOT_FOUND', `${missing} no registry is named`, { hint });
  return { ...reference, registry };
}

/** Throws a CliError (PLATFORM_INVALID) before anything is asked of a registry. */
function checkWish(wish: string | undefined): void {
  if (wish !== undefined && wish !== 'all' && !/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/.test(wish))
    throw new CliError(
      exitCodes.usage,
      'PLATFORM_INVALID',
      `--platform ${wish}: expected os/arch, os/arch/variant or all`,
    );
}

/** Without a wish: this machine's platform, or the only one there is. `offered` is undefined for a single image. */
function choosePlatform(
  argument: string,
  offered: readonly Platform[] | undefined,
  wish: string | undefined,
): (platform: Platform) => boolean {
  if (wish === 'all') return () => true;
  if (offered === undefined) return (platform) => wish === undefined || isPlatform(platform, wish);
  const wanted = wish ?? hostPlatform();
  if (offered.some((platform) => isPlatform(platform, wanted))) return (platform) => isPlatform(platform, wanted);
  if (wish === undefined && offered.length <= 1) return () => true;
  throw noPlatform(argument, wanted, offered);
}

function platformsOf({ content }: StoredManifest): readonly Platform[] | undefined {
  return content.kind === 'index' ? namedPlatforms(content.index.manifests) : undefined;
}

/** Attestations stand beside images under the platform `unknown`. */
function namedPlatforms(descriptors: readonly Descriptor[]): Platform[] {
  return descriptors
    .flatMap(({ platform }) => (platform === undefined ? [] : [platform]))
    .filter(({ os }) => os !== 'unknown');
}

function noPlatform(argument: string, wanted: string, offered: readonly Platform[]): CliError {
  return new CliError(exitCodes.usage, 'PLATFORM_NOT_FOUND', `${argument}: nothing there for ${wanted}`, {
    ...(offered.length === 0 ? {} : { hint: `--platform ${offered.map(platformName).join(' | ')} | all` }),
  });
}

/** Containers run on Linux, whatever the machine is. */
function hostPlatform(): string {
  return `linux/${architectures[arch()] ?? arch()}`;
}

async function asCliError<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (!(cause instanceof RegistryError) && !(cause instanceof ArchiveError)) throw cause;
    throw new CliError(exitCodes.infrastructure, cause.code, cause.message, { cause });
  }
}
