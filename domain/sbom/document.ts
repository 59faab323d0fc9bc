/** What an SBOM document says besides the stock: whose it is, when it is from, and who wrote it. */
import type { Digest } from '../artifact/digest.ts';
import type { BuildFact } from './build-fact.ts';
import type { Stock } from './component.ts';

/** The thing whose components are listed. */
export interface SbomSubject {
  readonly kind: 'container' | 'application' | 'file';
  /** A repository, a folder's name, a file's name. */
  readonly name: string;
  /** A tag or a version, where there is one. */
  readonly version?: string;
  /** The manifest's digest for an image, of the bytes for a file; absent for a directory. */
  readonly digest?: Digest;
  /** Package URL of the subject, such as `pkg:oci/name@sha256:…`. */
  readonly purl?: string;
}

/** Everything a writer needs: two equal documents give the same bytes. */
export interface SbomDocument {
  readonly subject: SbomSubject;
  readonly stock: Stock;
  /** How the subject was made, in the order of importance; absent where nobody says. */
  readonly build?: readonly BuildFact[];
  /** ISO 8601, UTC, to the second: from SOURCE_DATE_EPOCH or the image, never from the clock by itself. */
  readonly created: string;
  readonly toolVersion: string;
}
