/** An image in a registry as a source. */
import { arch, homedir } from 'node:os';
import path from 'node:path';
import { createFileLayerCache } from '../../adapters/sbom/file-layer-cache.ts';
import { createImageStockTaker, isPlatform } from '../../adapters/sbom/image-stock-taker.ts';
import { imageSubject } from '../../adapters/sbom/image-subject.ts';
import { type Platform, platformName } from '../../domain/artifact/descriptor.ts';
import { type ImageReference, parseReference } from '../../domain/artifact/reference.ts';
import { RegistryError, type StoredManifest } from '../../domain/artifact/registry.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { openRegistry } from './open-registry.ts';
import { createProgressLine } from './progress-line.ts';
import type { OpenSourceOptions, Source } from './source.ts';

/** Go's names of architectures, which images use, by Node's. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** Resolves the tag, once. Throws a CliError. */
export async function openImageSource(argument: string, { io, platform }: OpenSourceOptions): Promise<Source> {
  const { registry: host, repository, tag, digest: named } = parseImage(argument);
  const registry = openRegistry(host, io);
  const stored = await asCliError(() => registry.getManifest(repository, named ?? tag ?? 'latest'));
  if (stored === undefined)
    throw new CliError(exitCodes.infrastructure, 'IMAGE_NOT_FOUND', `${argument}: the registry has no such image`);
  const wantsPlatform = choosePlatform(argument, stored, platform);
  const { digest } = stored.descriptor;
  const line = createProgressLine(io);
  const taker = createImageStockTaker(registry, { cache: createFileLayerCache(cacheFolder(io)), wantsPlatform });
  return {
    kind: 'image',
    describe: `image ${host}/${repository}@${digest}`,
    async stock() {
      const taken = await asCliError(() =>
        taker.take(repository, digest, { signal: io.signal, progress: (text) => line.show(text) }),
      );
      line.clear();
      if (taken.length === 0) throw noPlatform(argument, platform ?? hostPlatform(), []);
      return taken.map(({ digest: child, platform: own, created, stock }) => ({
        stock,
        subject: imageSubject(`${host}/${repository}`, child, own === undefined ? undefined : platformName(own)),
        ...(own === undefined ? {} : { platform: own }),
        ...(created === undefined ? {} : { created }),
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

/** Without a wish: this machine's platform, or the only one there is. */
function choosePlatform(
  argument: string,
  { content }: StoredManifest,
  wish: string | undefined,
): (platform: Platform) => boolean {
  if (wish === 'all') return () => true;
  if (wish !== undefined && !/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/.test(wish))
    throw new CliError(
      exitCodes.usage,
      'PLATFORM_INVALID',
      `--platform ${wish}: expected os/arch, os/arch/variant or all`,
    );
  if (content.kind === 'manifest') return (platform) => wish === undefined || isPlatform(platform, wish);
  const offered = content.index.manifests
    .flatMap(({ platform }) => (platform === undefined ? [] : [platform]))
    .filter(({ os }) => os !== 'unknown');
  const wanted = wish ?? hostPlatform();
  if (offered.some((platform) => isPlatform(platform, wanted))) return (platform) => isPlatform(platform, wanted);
  if (wish === undefined && offered.length <= 1) return () => true;
  throw noPlatform(argument, wanted, offered);
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

function cacheFolder(io: CliIo): string {
  const { PRATIQUE_CACHE_DIR, XDG_CACHE_HOME, HOME } = io.env;
  const base = PRATIQUE_CACHE_DIR || path.join(XDG_CACHE_HOME || path.join(HOME || homedir(), '.cache'), 'pratique');
  return path.join(base, 'layers');
}

async function asCliError<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new CliError(exitCodes.infrastructure, cause.code, cause.message, { cause });
  }
}
