/** Pratique and Syft on an image of a local registry, a CycloneDX document written. */
import path from 'node:path';
import { type Measurement, measure } from './measure.ts';

export const SYFT = 'github.com/anchore/syft/cmd/syft@v1.52.0';
const clone = path.resolve(import.meta.dirname, '../../..');

/** `layers` is the folder of its cache; `more` may name an igzip. */
export function runPratique(
  reference: string,
  layers: string,
  output: string,
  more: Record<string, string> = {},
): Measurement {
  const env = { PRATIQUE_CACHE_DIR: layers, ...more };
  return measure([path.join(clone, 'pratique'), 'sbom', reference, '-o', `cyclonedx-json=${output}`], env);
}

/** `syft` is the program. */
export function runSyft(syft: string, reference: string, output: string): Measurement {
  const env = { SYFT_REGISTRY_INSECURE_USE_HTTP: 'true', SYFT_CHECK_FOR_APP_UPDATE: 'false' };
  return measure([syft, 'scan', `registry:${reference}`, '-q', '-o', `cyclonedx-json=${output}`], env);
}
