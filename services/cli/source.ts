/** Opens what a user names on the command line (an image, a folder, an archive, an SBOM) for stock-taking. */
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { takeDirectoryStock } from '../../adapters/sbom/take-directory-stock.ts';
import type { Platform } from '../../domain/artifact/descriptor.ts';
import { catalogerFor } from '../../domain/catalog/catalogers.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import type { SbomSubject } from '../../domain/sbom/document.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { openArchiveSource, openSbomSource } from './file-source.ts';
import { openImageArchiveSource, openLayoutSource, openRegistrySource } from './image-source.ts';
import type { CliIo } from './io.ts';
import { createProgressLine } from './progress-line.ts';

/** The stock of one platform, and what an SBOM document says about the artifact. */
export interface SourceStock {
  /** Absent for directories, archives and SBOMs. */
  readonly platform?: Platform;
  readonly stock: Stock;
  readonly subject: SbomSubject;
  /** RFC 3339; when the artifact says it was made, where it does. */
  readonly created?: string;
}

export interface Source {
  readonly kind: 'image' | 'directory' | 'archive' | 'sbom';
  /** For people: `image localhost:5000/shop@sha256:…`, `directory /src/shop`. */
  readonly describe: string;
  /** Takes the stock; one element a platform, in the index's order. */
  stock(): Promise<readonly SourceStock[]>;
}

export interface OpenSourceOptions {
  readonly io: CliIo;
  /** `os/arch[/variant]`, `all`, or absent: this machine's platform, or the only one there is. */
  readonly platform?: string | undefined;
}

const HINT = 'Name a folder, a lockfile, a Java archive, a tar archive, an SBOM, or an image as registry/name:tag';
const HEAD_BYTES = 512;

/** A path that exists is that; everything else is an image in a registry. Throws a CliError. */
export async function openSource(argument: string, { io, platform }: OpenSourceOptions): Promise<Source> {
  const place = path.resolve(io.cwd, argument);
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) return openRegistrySource(argument, { io, platform });
  if (found.isDirectory()) {
    const marker = await stat(path.join(place, 'oci-layout')).catch(() => undefined);
    return marker?.isFile() ? openLayoutSource(place, { io, platform }) : openDirectory(place, io);
  }
  if (!found.isFile())
    throw new CliError(exitCodes.usage, 'SOURCE_UNKNOWN', `${argument}: neither a file nor a folder`, { hint: HINT });
  if (catalogerFor(path.basename(place)) !== undefined) return openArchiveSource(place, 'file', io);
  const head = await readHead(place, argument);
  if (/^(?:\uFEFF)?\s*\{/.test(new TextDecoder().decode(head))) return openSbomSource(place, argument);
  if (isTar(head))
    return (await openImageArchiveSource(place, { io, platform })) ?? openArchiveSource(place, 'tar', io);
  throw new CliError(exitCodes.usage, 'SOURCE_UNKNOWN', `${argument}: a kind of file that is not read`, { hint: HINT });
}

function openDirectory(place: string, io: CliIo): Source {
  const line = createProgressLine(io);
  return {
    kind: 'directory',
    describe: `directory ${place}`,
    async stock() {
      const stock = await takeDirectoryStock(place, {
        signal: io.signal,
        onProgress: (entries) => line.show(`${entries} files`),
      });
      line.clear();
      return [{ stock, subject: { kind: 'application', name: path.basename(place) || place } }];
    },
  };
}

async function readHead(place: string, argument: string): Promise<Uint8Array> {
  try {
    const file = await open(place);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new CliError(exitCodes.infrastructure, 'SOURCE_UNREADABLE', `${argument} can not be read`, { cause });
  }
}

/** `ustar` stands at 257 in every tar of this century; compressed ones show only when they are read. */
function isTar(head: Uint8Array): boolean {
  const magic = new TextDecoder('latin1').decode(head.subarray(257, 262));
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  return magic === 'ustar' || isGzip || isZstd;
}
