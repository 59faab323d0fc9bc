import type { Digest } from '../artifact/digest.ts';
import type { PolicyDocument } from './document.ts';

/** A policy that was parsed and checked. Plain data: it survives JSON. */
export interface Policy {
  readonly document: PolicyDocument;
  /** sha256 of the file's text: what verdicts and decisions name. */
  readonly digest: Digest;
  readonly fileName: string;
  /** Name of a signer with a key -> base64(sha256(SPKI DER)), the `keyId` of a verified signature. */
  readonly keyIds: Readonly<Record<string, string>>;
  /** Name of a signer with `x509` -> thumbprints (SHA-256, hex) of its roots. */
  readonly thumbprints?: Readonly<Record<string, readonly string[]>>;
}

/** sha256 of bytes; arrives as an argument, since the domain has no cryptography of its own. */
export type Sha256 = (bytes: Uint8Array) => Digest;
