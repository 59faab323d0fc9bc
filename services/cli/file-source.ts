/** Sources that are one file: a lockfile, a Java archive, a tar archive, an SBOM. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ArchiveError } from '../../adapters/archive/archive-error.ts';
import { MAX_SBOM_BYTES, readSbom } from '../../adapters/sbom/read-sbom.ts';
import { SbomError } from '../../adapters/sbom/sbom-error.ts';
import { takeArchiveStock } from '../../adapters/sbom/take-archive-stock.ts';
import { takeFileStock } from '../../adapters/sbom/take-directory-stock.ts';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import type { Source } from './source.ts';

/** `file`: one that a cataloger wants by its name. `tar`: an archive of files, compressed or not. */
export function openArchiveSource(place: string, form: 'file' | 'tar', io: CliIo): Source {
  return {
    kind: 'archive',
    describe: `file ${place}`,
    async stock() {
      const options = { signal: io.signal };
      try {
        const stock = form === 'tar' ? await takeArchiveStock(place, options) : await takeFileStock(place, options);
        const subject = { kind: 'file', name: path.basename(place), digest: await digestOf(place) } as const;
        return [{ stock, subject }];
      } catch (cause) {
        if (!(cause instanceof ArchiveError)) throw cause;
        throw new CliError(exitCodes.infrastructure, cause.code, `${place}: ${cause.message}`, { cause });
      }
    },
  };
}

/** An SBOM somebody has made: its stock is what it lists. */
export function openSbomSource(place: string, argument: string): Source {
  return {
    kind: 'sbom',
    describe: `SBOM ${place}`,
    async stock() {
      try {
        const { size } = await stat(place);
        if (size > MAX_SBOM_BYTES)
          throw new SbomError('SBOM_TOO_LARGE', `${size} bytes: at most ${MAX_SBOM_BYTES} are read`);
        const stock = readSbom(await readFile(place));
        return [{ stock, subject: { kind: 'file', name: path.basename(place), digest: await digestOf(place) } }];
      } catch (cause) {
        if (!(cause instanceof SbomError)) throw cause;
        throw new CliError(exitCodes.infrastructure, cause.code, `${argument}: ${cause.message}`, {
          cause,
          hint: 'CycloneDX 1.4 to 1.6 and SPDX 2.2 and 2.3 are read, as JSON',
        });
      }
    },
  };
}

async function digestOf(place: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(place)) hash.update(chunk as Uint8Array);
  return parseDigest(`sha256:${hash.digest('hex')}`);
}
