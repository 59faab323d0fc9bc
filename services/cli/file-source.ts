/** Sources that are one file: a lockfile, a Java archive, a tar or zip archive. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { ArchiveError } from '../../adapters/archive/archive-error.ts';
import { takeArchiveStock } from '../../adapters/sbom/take-archive-stock.ts';
import { takeFileStock } from '../../adapters/sbom/take-directory-stock.ts';
import { takeZipStock } from '../../adapters/sbom/take-zip-stock.ts';
import { type Digest, parseDigest } from '../../domain/artifact/digest.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import type { Source } from './source.ts';

const readers = { file: takeFileStock, tar: takeArchiveStock, zip: (place: string) => takeZipStock(place) };

/** `file`: one that a cataloger wants by its name. `tar`: an archive of files, compressed or not. */
export function openArchiveSource(place: string, form: keyof typeof readers, io: CliIo): Source {
  return {
    kind: 'archive',
    describe: `file ${place}`,
    async stock() {
      const options = { signal: io.signal };
      try {
        const stock = await readers[form](place, options);
        const subject = { kind: 'file', name: path.basename(place), digest: await digestOf(place) } as const;
        return [{ stock, subject }];
      } catch (cause) {
        if (!(cause instanceof ArchiveError)) throw cause;
        throw new CliError(exitCodes.infrastructure, cause.code, `${place}: ${cause.message}`, { cause });
      }
    },
  };
}

async function digestOf(place: string): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(place)) hash.update(chunk as Uint8Array);
  return parseDigest(`sha256:${hash.digest('hex')}`);
}
