import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { MAX_SBOM_BYTES, readSbom } from '../../adapters/sbom/read-sbom.ts';
import { SbomError } from '../../adapters/sbom/sbom-error.ts';
import { parseDigest } from '../../domain/artifact/digest.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { Source } from './source.ts';

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
        const bytes = await readFile(place);
        const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
        return [{ stock: readSbom(bytes), subject: { kind: 'file', name: path.basename(place), digest } }];
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
