import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { readSbomStream } from '../../adapters/sbom/read-sbom.ts';
import { SbomError } from '../../adapters/sbom/sbom-error.ts';
import { parseDigest } from '../../domain/artifact/digest.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { Source } from './source.ts';

const CHUNK_BYTES = 1024 * 1024;

/** An SBOM somebody has made: its stock is what it lists, its subject what it is about. */
export function openSbomSource(place: string, argument: string): Source {
  return {
    kind: 'sbom',
    describe: `SBOM ${place}`,
    async stock() {
      try {
        const hash = createHash('sha256');
        const { stock, subject, created, build, creators, serialNumber } = await readSbomStream(chunksOf(place, hash));
        const digest = parseDigest(`sha256:${hash.digest('hex')}`);
        return [
          {
            stock,
            creators,
            subject: subject ?? { kind: 'file', name: path.basename(place), digest },
            ...(created === undefined || Number.isNaN(Date.parse(created)) ? {} : { created }),
            ...(build === undefined ? {} : { build }),
            ...(serialNumber === undefined ? {} : { serialNumber }),
          },
        ];
      } catch (cause) {
        if (!(cause instanceof SbomError)) throw cause;
        throw new CliError(exitCodes.infrastructure, cause.code, `${argument}: ${cause.message}`, {
          cause,
          hint: 'CycloneDX 1.2 to 1.7 (JSON, XML), SPDX 2.2 and 2.3 (JSON, tag-value), 3.0.1 (JSON-LD) and Syft JSON are read',
        });
      }
    },
  };
}

async function* chunksOf(place: string, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(place, { highWaterMark: CHUNK_BYTES })) {
    hash.update(chunk as Uint8Array);
    yield chunk as Uint8Array;
  }
}
