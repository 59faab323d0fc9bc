/** Opens what a user names on the command line (an image, a folder, an archive, an SBOM) for stock-taking. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Platform } from '../../domain/artifact/descriptor.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import type { SbomSubject } from '../../domain/sbom/document.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';

/** The stock of one platform, and what an SBOM document says about the artifact. */
export interface SourceStock {
  /** Absent for directories, archives and SBOMs. */
  readonly platform?: Platform;
  readonly stock: Stock;
  readonly subject: SbomSubject;
  /** ISO 8601; when the artifact says it was made, where it does. */
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
  readonly platform?: string;
}

/** Throws a CliError where nothing like `argument` exists or it can not be read. */
export async function openSource(argument: string, options: OpenSourceOptions): Promise<Source> {
  const place = path.resolve(options.io.cwd, argument);
  const found = await stat(place).catch(() => undefined);
  throw new CliError(
    exitCodes.infrastructure,
    'SOURCE_NOT_FOUND',
    found === undefined ? `${argument}: no such file or folder` : `${argument}: not a source pratique reads yet`,
  );
}
