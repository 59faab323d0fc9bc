import type { Stock } from '../../domain/sbom/component.ts';
import { readCycloneDx } from './read-cyclonedx.ts';
import { readSpdx } from './read-spdx.ts';
import { SbomError } from './sbom-error.ts';

/** Bytes; Node's strings end at 512 MiB. */
export const MAX_SBOM_BYTES = 256 * 1024 * 1024;

/** The stock an SBOM tells of: CycloneDX 1.4 to 1.6 or SPDX 2.2 and 2.3, as JSON. Throws a SbomError. */
export function readSbom(bytes: Uint8Array): Stock {
  if (bytes.length > MAX_SBOM_BYTES)
    throw new SbomError('SBOM_TOO_LARGE', `${bytes.length} bytes: at most ${MAX_SBOM_BYTES} are read`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new SbomError('SBOM_NOT_JSON', 'not a JSON document');
  }
  const { bomFormat, specVersion, spdxVersion } = (typeof json === 'object' && json !== null ? json : {}) as Record<
    string,
    unknown
  >;
  if (bomFormat === 'CycloneDX') {
    if (['1.4', '1.5', '1.6'].includes(String(specVersion))) return readCycloneDx(json);
    throw new SbomError('SBOM_UNSUPPORTED_VERSION', 'a CycloneDX document of another version than 1.4, 1.5 or 1.6');
  }
  if (spdxVersion === 'SPDX-2.3' || spdxVersion === 'SPDX-2.2') return readSpdx(json);
  if (spdxVersion !== undefined)
    throw new SbomError('SBOM_UNSUPPORTED_VERSION', 'an SPDX document of another version than 2.2 or 2.3');
  throw new SbomError('SBOM_UNKNOWN_FORMAT', 'JSON, and neither a CycloneDX nor an SPDX document');
}
