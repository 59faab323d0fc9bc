/** What `@sigstore/verify` leaves unchecked in a transparency log entry, and other verifiers (sigstore-go, tlog/entry.go) refuse. */
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { TransparencyLogEntry } from '@sigstore/bundle';
import { type Rejection, reject } from './open-bundle.ts';

/** Who signed: the certificate of the bundle (DER), or the key that verified it. */
export interface EntrySigner {
  readonly certificate: Uint8Array | undefined;
  readonly publicKey: KeyObject;
}

/**
 * The entry must name the signer the bundle names: for one ECDSA signature there are other keys it verifies under. And its proof
 * must say of the tree what the signed checkpoint says. Called after the library has verified the entry.
 */
export function checkLogEntry(entry: TransparencyLogEntry, signer: EntrySigner): Rejection | undefined {
  const named = namedSigners(entry.canonicalizedBody);
  if (named.length !== 1 || named[0] === undefined || !isSigner(named[0], signer))
    return reject('LOG_ENTRY_MISMATCH', 'the log entry names another key or certificate than the bundle');
  return checkProof(entry);
}

function checkProof({ inclusionProof: proof, inclusionPromise, logIndex }: TransparencyLogEntry) {
  if (proof === undefined) return undefined;
  const [, size, hash] = (proof.checkpoint?.envelope ?? '').split('\n');
  if (proof.treeSize !== size || proof.rootHash.toString('base64') !== hash)
    return reject('LOG_ENTRY_INVALID', 'the inclusion proof is for another tree than its checkpoint');
  // One shard's index is not that of the whole log in Rekor v1; what proves the latter is the promise.
  if (inclusionPromise === undefined && isTile(proof.checkpoint?.envelope ?? '') && logIndex !== proof.logIndex)
    return reject('LOG_ENTRY_INVALID', 'the entry names another index than its inclusion proof');
  return undefined;
}

/** Rekor v1 writes `<host> - <tree id>` as the origin of its checkpoints, v2 the host alone. */
function isTile(checkpoint: string): boolean {
  return !/^\S+ - \d+\n/.test(checkpoint);
}

/** The verifiers in a Rekor entry of any kind: hashedrekord, dsse, intoto; v0.0.1 and v0.0.2 (rekor/pkg/types, rekor-tiles). */
function namedSigners(body: Buffer): (Buffer | undefined)[] {
  const { spec } = JSON.parse(body.toString('utf8')) as { spec: LooseSpec };
  const { signature } = spec;
  if (signature !== undefined) return [fromBase64(signature.publicKey?.content)];
  if (spec.signatures !== undefined) return spec.signatures.map(({ verifier }) => fromBase64(verifier));
  if (spec.content !== undefined) return spec.content.envelope.signatures.map(({ publicKey }) => fromBase64(publicKey));
  const tile = spec.hashedRekordV002?.signature ?? spec.dsseV002?.signatures;
  return [tile ?? []]
    .flat()
    .map(({ verifier }) => fromBase64(verifier?.x509Certificate?.rawBytes ?? verifier?.publicKey?.rawBytes));
}

interface TileSignature {
  readonly verifier?: {
    readonly x509Certificate?: { readonly rawBytes?: string };
    readonly publicKey?: { readonly rawBytes?: string };
  };
}

/** Already found to be one of these by the library; members may still be anything. */
interface LooseSpec {
  readonly signature?: { readonly publicKey?: { readonly content?: string } };
  readonly signatures?: readonly { readonly verifier?: string }[];
  readonly content?: { readonly envelope: { readonly signatures: readonly { readonly publicKey?: string }[] } };
  readonly hashedRekordV002?: { readonly signature?: TileSignature };
  readonly dsseV002?: { readonly signatures?: TileSignature[] };
}

function fromBase64(text: string | undefined): Buffer | undefined {
  return typeof text === 'string' ? Buffer.from(text, 'base64') : undefined;
}

/** `named`: DER, or PEM, of a certificate or of a public key. */
function isSigner(named: Buffer, { certificate, publicKey }: EntrySigner): boolean {
  const der = toDer(named);
  if (certificate !== undefined && der.equals(certificate)) return true;
  const key = readKey(named);
  return key?.equals(publicKey) === true;
}

function toDer(named: Buffer): Buffer {
  const text = named.toString('latin1');
  const body = /-----BEGIN [A-Z ]+-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1];
  return body === undefined ? named : Buffer.from(body, 'base64');
}

/** Undefined where it is a certificate: then it must be the bundle's own, to the byte. */
function readKey(named: Buffer): KeyObject | undefined {
  if (isCertificate(named)) return undefined;
  try {
    return named.includes('-----BEGIN')
      ? createPublicKey(named)
      : createPublicKey({ key: named, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

function isCertificate(named: Buffer): boolean {
  try {
    new X509Certificate(named);
    return true;
  } catch {
    return false;
  }
}
