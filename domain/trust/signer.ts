import { identityName, type SignerIdentity } from './evidence.ts';
import type { Statement } from './statement.ts';

/**
 * One signing key. `sign` takes the bytes to sign (the DSSE pre-authentication encoding) and returns the signature: ECDSA in DER, RSA
 * and Ed25519 as they are. Where the key is held elsewhere it may throw, and has signed nothing then.
 */
export interface Signer {
  /** base64(sha256(SPKI DER)): the identity a policy pins, and the `publicKey.hint` of cosign's own bundles. */
  readonly keyId: string;
  readonly publicKeyPem: string;
  sign(data: Uint8Array): Promise<Uint8Array>;
  /** Signs the same bytes once more, with a key that a quantum computer does not break; absent where one signature is made. */
  readonly twin?: Omit<Signer, 'twin'>;
}

export type CertificateIdentity = Extract<SignerIdentity, { kind: 'certificate' }>;

/** Somebody whom certificates name: each signature has a key, a certificate and witnesses of its own. */
export interface CertifiedSigner {
  readonly identity: CertificateIdentity;
  /** A bundle that verifies as of this identity. Throws a SigningError where it cannot be had now: then nothing is signed. */
  signStatement(statement: Statement): Promise<Uint8Array>;
}

export type StatementSigner = Signer | CertifiedSigner;

/** What its signatures are kept under: the key id; of a certificate the identity's name. */
export function signerId(signer: StatementSigner): string {
  return 'identity' in signer ? identityName(signer.identity) : signer.keyId;
}

/** The keys a trust worker holds. An admission key per environment; one evidence key for everything else (docs: trust). */
export interface KeyRing<S extends StatementSigner = Signer> {
  evidence(): Promise<S>;
  admission(environment: string): Promise<S>;
  /** The public halves of every key that is held now, those that were rotated out included. */
  held(): Promise<readonly { readonly name: string; readonly keyId: string; readonly publicKeyPem: string }[]>;
}

/** Wraps a statement into a DSSE envelope and a Sigstore bundle v0.3 (application/vnd.dev.sigstore.bundle.v0.3+json). */
export interface BundleSigner {
  sign(statement: Statement, signer: StatementSigner): Promise<Uint8Array>;
}
