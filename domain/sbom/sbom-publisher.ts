import type { Digest } from '../artifact/digest.ts';
import type { SbomDocument as StatedSbom } from '../trust/sbom-statement.ts';
import type { BuildFact } from './build-fact.ts';
import type { Stock } from './component.ts';

/** Writes an SBOM, keeps its bytes behind the blob store, and gives back what a statement says of it. */
export interface SbomPublisher {
  publish(
    format: 'cyclonedx' | 'spdx',
    of: {
      repository: string;
      digest: Digest;
      platform: string;
      stock: Stock;
      /** RFC 3339, as the image says: the document's own time. */
      created?: string | undefined;
      /** How it was made, where that is known. */
      build?: readonly BuildFact[] | undefined;
    },
  ): Promise<StatedSbom>;
}
