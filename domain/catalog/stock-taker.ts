import type { Platform } from '../artifact/descriptor.ts';
import type { Digest } from '../artifact/digest.ts';
import type { BuildFact } from '../sbom/build-fact.ts';
import type { Stock } from '../sbom/component.ts';

/** What was found for one platform of an artifact, or why nothing could be. */
export interface TakenPlatform {
  /** The platform's own manifest: the artifact itself where it is no index. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly platform: Platform | undefined;
  /** The indexes it is in, the artifact first; none where it is the artifact. */
  readonly within: readonly Digest[];
  readonly config: Digest;
  readonly diffIds: readonly Digest[];
  /** RFC 3339, from the image config. */
  readonly created: string | undefined;
  /** What annotations and labels claim of how it was made. */
  readonly build: readonly BuildFact[];
  readonly stock: Stock;
}

/** Takes stock of an image or of every platform of an index, layer by layer, from a registry. */
export interface StockTaker {
  take(
    repository: string,
    digest: Digest,
    options: { readonly signal: AbortSignal; readonly progress: (place: string) => void },
  ): Promise<readonly TakenPlatform[]>;
}
