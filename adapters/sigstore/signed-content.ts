/** What a bundle signs, for `@sigstore/verify`: with every kind of key that is accepted, where the library knows one hash. */
import { hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import type { SignedEntity } from '@sigstore/verify';
import type { SignedBytesBy } from '../../domain/trust/dual-signatures.ts';
import { preAuthenticationEncoding } from '../../domain/trust/pre-authentication-encoding.ts';
import { verifySignature } from './verify-signature.ts';

type SignatureContent = SignedEntity['signature'];

/** `artifact`: the bytes of the file, where the bundle signs a file; or its SHA-256 alone. */
export function createSignedContent(bundle: Bundle, artifact: SignedFile | undefined): SignatureContent {
  if (bundle.content.$case === 'messageSignature') {
    const { signature } = bundle.content.messageSignature;
    return artifact !== undefined && 'sha256' in artifact
      ? new SignedDigest(artifact, signature)
      : new SignedContent(artifact?.bytes ?? new Uint8Array(), signature, undefined);
  }
  const { payload, payloadType, signatures } = bundle.content.dsseEnvelope;
  return new SignedContent(
    preAuthenticationEncoding(payloadType, payload),
    signatures[0]?.sig ?? Buffer.alloc(0),
    payload,
  );
}

/** A file, or its SHA-256 where nothing else of it is at hand. */
export type SignedFile = { readonly bytes: Uint8Array } | DigestOnly;

interface DigestOnly {
  readonly sha256: Uint8Array;
  /** Whether a key made a signature over data with this digest. */
  readonly verify: (digest: Uint8Array, key: KeyObject, signature: Uint8Array) => boolean;
}

/** Of the file only a digest is at hand. */
class SignedDigest implements SignatureContent {
  readonly signature: Buffer;
  readonly #digest: Uint8Array;
  readonly #verify: DigestOnly['verify'];

  constructor({ sha256, verify }: DigestOnly, signature: Buffer) {
    this.#digest = sha256;
    this.#verify = verify;
    this.signature = signature;
  }

  verifySignature(key: KeyObject): boolean {
    return this.#verify(this.#digest, key, this.signature);
  }

  signedDigest(): string {
    return Buffer.from(this.#digest).toString('hex');
  }

  compareSignature(signature: Buffer): boolean {
    return areEqual(signature, this.signature);
  }

  compareDigest(digest: Buffer): boolean {
    return areEqual(digest, this.#digest);
  }

  compareSignedDigest(digest: Buffer): boolean {
    return areEqual(digest, this.#digest);
  }
}

class SignedContent implements SignatureContent {
  readonly signature: Buffer;
  readonly #signed: Uint8Array;
  readonly #payload: Uint8Array | undefined;

  constructor(signed: Uint8Array, signature: Buffer, payload: Uint8Array | undefined) {
    this.#signed = signed;
    this.signature = signature;
    this.#payload = payload;
  }

  verifySignature(key: KeyObject): boolean {
    return verifySignature(this.#signed, key, this.signature);
  }

  signedDigest(): string {
    return hash('sha256', this.#signed, 'hex');
  }

  compareSignature(signature: Buffer): boolean {
    return areEqual(signature, this.signature);
  }

  /** Rekor's `dsse` and `intoto` entries hold the digest of the payload. */
  compareDigest(digest: Buffer): boolean {
    return isDigestOf(digest, this.#payload ?? this.#signed);
  }

  /** Rekor's `hashedrekord` entries hold the digest of the bytes that are signed. */
  compareSignedDigest(digest: Buffer): boolean {
    return isDigestOf(digest, this.#signed);
  }
}

/** SHA-256, in hex. */
function signedDigest(content: SignatureContent): string {
  if (content instanceof SignedDigest || content instanceof SignedContent) return content.signedDigest();
  throw new TypeError('content of another kind');
}

/** Which bytes a key signed, of content that `createSignedContent` made. */
export function signedBy(key: KeyObject, signature: SignedEntity['signature']): SignedBytesBy {
  return { algorithm: kindOf(key), digest: signedDigest(signature) };
}

/** The same of bytes that are at hand. */
export function bytesSignedBy(key: KeyObject, bytes: Uint8Array): SignedBytesBy {
  return { algorithm: kindOf(key), digest: hash('sha256', bytes, 'hex') };
}

function kindOf(key: KeyObject): SignedBytesBy['algorithm'] {
  return key.asymmetricKeyType === 'ml-dsa-65' ? 'post-quantum' : 'classical';
}

/** An entry names its hash by its length; SHA-256 is what Rekor v1 records, v2 the hash of the signature's scheme. */
function isDigestOf(digest: Buffer, bytes: Uint8Array): boolean {
  const name = { 32: 'sha256', 48: 'sha384', 64: 'sha512' }[digest.length];
  return name !== undefined && areEqual(digest, hash(name, bytes, 'buffer'));
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
