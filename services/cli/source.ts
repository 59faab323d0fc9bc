/** Opens what a user names on the command line (an image, a folder, an archive, an SBOM) for stock-taking. */
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Platform } from '../../domain/artifact/descriptor.ts';
import type { BuildFact } from '../../domain/sbom/build-fact.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import type { SbomSubject } from '../../domain/sbom/document.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { createProgressLine } from './progress-line.ts';

/** The stock of one platform, and what an SBOM document says about the artifact. */
export interface SourceStock {
  /** Absent for directories, archives and SBOMs. */
  readonly platform?: Platform;
  readonly stock: Stock;
  readonly subject: SbomSubject;
  /** `urn:uuid:…` of the CycloneDX document that this is read from. */
  readonly serialNumber?: string;
  /** RFC 3339; when the artifact says it was made, where it does. */
  readonly created?: string;
  /** How it was made, where it says so. */
  readonly build?: readonly BuildFact[];
  /** Who made the SBOM that this is read from, as SPDX writes it; absent for what is no SBOM. */
  readonly creators?: readonly string[];
}

export interface Source {
  readonly kind: 'image' | 'directory' | 'archive' | 'sbom';
  /** For people: `image localhost:5000/shop@sha256:…`, `directory /src/shop`. */
  readonly describe: string;
  /** What the platforms are together, where the source is an index of images or a layout of several. */
  readonly whole?: SbomSubject;
  /** Takes the stock; one element a platform, in the index's order. */
  stock(): Promise<readonly SourceStock[]>;
}

export interface OpenSourceOptions {
  readonly io: CliIo;
  /** `os/arch[/variant]`, `all`, or absent: this machine's platform, or the only one there is. */
  readonly platform?: string | undefined;
}

const HINT =
  'Name a folder, a lockfile, a program, a Java archive, a tar or zip archive, a wheel, an SBOM, or an image as registry/name:tag';
const HEAD_BYTES = 512;

/** How SBOMs are called: what has such a name and holds an object needs no cataloger to be asked first. */
const SBOM_NAME = /(?:^|[._-])(?:cdx|cyclonedx|spdx|s?bom)\.(?:json|xml)$/i;
/** JSON, XML or SPDX's tags: whether it is an SBOM shows when it is read. */
const DOCUMENT = /^\s*(?:\{|<\?xml|<bom|<!--|(?:#.*\n\s*)*SPDXVersion:)/;

// Each kind of source loads what it needs, and no more: a registry's client and the catalogers are most of the code.
const images = () => import('./image-source.ts');
const files = () => import('./file-source.ts');
const sboms = () => import('./sbom-source.ts');

/** A path that exists is that; everything else is an image in a registry. Throws a CliError. */
export async function openSource(argument: string, { io, platform }: OpenSourceOptions): Promise<Source> {
  const place = path.resolve(io.cwd, argument);
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) return (await images()).openRegistrySource(argument, { io, platform });
  if (found.isDirectory()) {
    const marker = await stat(path.join(place, 'oci-layout')).catch(() => undefined);
    return marker?.isFile() ? (await images()).openLayoutSource(place, { io, platform }) : openDirectory(place, io);
  }
  if (!found.isFile())
    throw new CliError(exitCodes.usage, 'SOURCE_UNKNOWN', `${argument}: neither a file nor a folder`, { hint: HINT });
  const head = await readHead(place, argument);
  const isDocument = DOCUMENT.test(new TextDecoder().decode(head));
  if (isDocument && SBOM_NAME.test(place)) return (await sboms()).openSbomSource(place, argument);
  const { catalogerFor } = await import('../../domain/catalog/catalogers.ts');
  const { openArchiveSource } = await files();
  if (catalogerFor(path.basename(place)) !== undefined) return openArchiveSource(place, 'file', io);
  if (isDocument) return (await sboms()).openSbomSource(place, argument);
  if (isProgram(head)) return openArchiveSource(place, 'file', io);
  if (isZip(head)) return openArchiveSource(place, 'zip', io);
  if (isTar(head))
    return (
      (await (await images()).openImageArchiveSource(place, { io, platform })) ?? openArchiveSource(place, 'tar', io)
    );
  throw new CliError(exitCodes.usage, 'SOURCE_UNKNOWN', `${argument}: a kind of file that is not read`, { hint: HINT });
}

function openDirectory(place: string, io: CliIo): Source {
  const line = createProgressLine(io);
  return {
    kind: 'directory',
    describe: `directory ${place}`,
    async stock() {
      const { takeDirectoryStock } = await import('../../adapters/sbom/take-directory-stock.ts');
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

/** What ELF, PE and Mach-O files begin with, the last in both byte orders, or for several processors. */
const PROGRAM = /^(?:7f454c46|4d5a|feedfac[ef]|c[ef]faedfe|cafebabe)/;

function isProgram(head: Uint8Array): boolean {
  return PROGRAM.test(Buffer.from(head.subarray(0, 4)).toString('hex'));
}

/** The header of an entry, or of the end of an empty one (PKWARE APPNOTE.TXT, 4.3.7 and 4.3.16). */
function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6));
}

/** `ustar` stands at 257 in every tar of this century; compressed ones show only when they are read. */
function isTar(head: Uint8Array): boolean {
  const magic = new TextDecoder('latin1').decode(head.subarray(257, 262));
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  return magic === 'ustar' || isGzip || isZstd;
}
