/**
 * What the rest of Pratique needs of an OCI registry (distribution specification 1.1).
 * Every read is verified against the digest that was asked for; every write is by digest first, tag last.
 */
import type { ByteStream } from './bytes.ts';
import type { Descriptor, Index, Manifest } from './descriptor.ts';
import type { Digest } from './digest.ts';

/** A manifest or index as the registry holds it: the exact bytes, and their digest recomputed from them. */
export interface StoredManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly content:
    | { readonly kind: 'manifest'; readonly manifest: Manifest }
    | { readonly kind: 'index'; readonly index: Index };
}

export interface RegistryReader {
  /** HEAD. `undefined` where the registry says 404. `reference` is a tag or a digest. */
  resolve(repository: string, reference: string): Promise<Descriptor | undefined>;
  /** At most 4 MiB (the specification's floor for clients). `undefined` on 404. */
  getManifest(repository: string, reference: string): Promise<StoredManifest | undefined>;
  /**
   * A stream that fails at its end where length or digest differ from the descriptor. Whoever looks at each chunk only until
   * the next one is asked for says so by `lent`: its memory may be used again then.
   */
  getBlob(
    repository: string,
    blob: Pick<Descriptor, 'digest' | 'size'>,
    options?: { readonly lent?: boolean },
  ): Promise<ByteStream>;
  /** The whole blob, refused before the download where `size` is over `maxBytes`. */
  getBlobBytes(repository: string, blob: Pick<Descriptor, 'digest' | 'size'>, maxBytes: number): Promise<Uint8Array>;
  hasBlob(repository: string, digest: Digest): Promise<boolean>;
  /** The referrers API, with the tag schema `sha256-<hex>` where the registry has none. At most `limit` descriptors. */
  listReferrers(
    repository: string,
    subject: Digest,
    options?: { artifactType?: string; limit?: number },
  ): Promise<Descriptor[]>;
  listTags(repository: string): Promise<string[]>;
  listRepositories(): Promise<string[]>;
}

export interface RegistryWriter {
  /** Returns the digest the registry confirmed; throws where it is not the digest of `bytes`. */
  putManifest(repository: string, reference: string, bytes: Uint8Array, mediaType: string): Promise<Descriptor>;
  putBlob(
    repository: string,
    blob: Pick<Descriptor, 'digest' | 'size'>,
    content: Uint8Array | (() => Promise<ByteStream>),
  ): Promise<void>;
  /** Cross-repository mount; false where the registry did not do it and the bytes must be sent. */
  mountBlob(repository: string, from: string, digest: Digest): Promise<boolean>;
  deleteManifest(repository: string, digest: Digest): Promise<void>;
  /**
   * Attaches manifests (with `subject`) and keeps the referrers tag where the registry has no referrers API.
   * That tag is read-modify-write: updates are serialised by the `SubjectLease`, merged, and read back. Returns
   * when the registry lists all of them; with `confirm: 'later'`, once they are written; with `unlisted`, the tag is left to who
   * attaches next and names them as `isThere`: those are listed, and not written again.
   */
  attachReferrers(
    repository: string,
    subject: Digest,
    manifests: readonly ReferrerToAttach[],
    confirm?: Confirm | 'unlisted',
  ): Promise<Descriptor[]>;
  /** The same for one. */
  attachReferrer(repository: string, subject: Digest, bytes: Uint8Array, mediaType: string): Promise<Descriptor>;
}

/** The manifest of a referrer. `isThere`: written before. */
export interface ReferrerToAttach {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly isThere?: boolean;
}

/** `later`: whoever asked reads all of it back in one go before it counts. */
export type Confirm = 'now' | 'later';

export interface Registry extends RegistryReader, RegistryWriter {}

/** Serialises read-modify-write on one key (`<repository>@<subject>`) between processes. */
export interface SubjectLease {
  hold<T>(key: string, act: (held: HeldLease) => Promise<T>): Promise<T>;
}

/** The lease while it is held. */
export interface HeldLease {
  /** Asked right before each write under the lease: throws REGISTRY_UNAVAILABLE where somebody else may hold it by now. */
  check(): void;
}

export type RegistryErrorCode =
  | 'REGISTRY_UNAVAILABLE' // network, 5xx, 429: try again
  | 'REGISTRY_DENIED' // 401, 403
  | 'REGISTRY_NOT_FOUND'
  | 'REGISTRY_DIGEST_MISMATCH'
  | 'REGISTRY_TRUNCATED'
  | 'REGISTRY_TOO_LARGE'
  | 'REGISTRY_BAD_MANIFEST'
  | 'REGISTRY_REFUSED'; // another 4xx

/** Of a registry that is away, or lets nobody in for now; and of what is no answer of a registry at all. Says nothing of what it has. */
export function isRegistryAway(error: unknown): boolean {
  return !(error instanceof RegistryError) || error.code === 'REGISTRY_UNAVAILABLE' || error.code === 'REGISTRY_DENIED';
}

/** Thrown by adapters of the ports above. The message names repository and reference, never a credential. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  /** Seconds the registry asked us to wait, where it did. */
  readonly retryAfterSeconds: number | undefined;
  /** The HTTP status that says so, where it was one. */
  readonly status: number | undefined;
  /** Of what is there and is no manifest that is read (REGISTRY_BAD_MANIFEST), where that is known. */
  readonly digest: Digest | undefined;

  constructor(
    code: RegistryErrorCode,
    message: string,
    options: ErrorOptions & { retryAfterSeconds?: number; status?: number; digest?: Digest } = {},
  ) {
    super(message, options);
    this.code = code;
    this.status = options.status;
    this.digest = options.digest;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
