/** A Signer on a key that something else holds: what all such providers share. */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Signer } from '../../domain/trust/signer.ts';
import { KeyError } from '../sigstore/key-error.ts';
import { keyIdOf } from '../sigstore/key-id.ts';
import { type SigningScheme, signingSchemeOf } from '../sigstore/signing-scheme.ts';
import { verifySignature } from '../sigstore/verify-signature.ts';

export interface HeldKey {
  /** For messages. */
  readonly source: string;
  /** SPKI in PEM or DER, or a JWK. */
  readonly publicKey: string | Uint8Array | JsonWebKey;
  /** RSA keys sign with PSS where this says so, else with PKCS #1 v1.5. */
  readonly isPss?: boolean;
  /** Signs the data itself. ECDSA signatures in DER. */
  sign(data: Uint8Array, scheme: SigningScheme): Promise<Uint8Array>;
}

/** Every signature is verified before it is believed: a store that answers anything else has signed nothing. */
export function createHeldSigner({ source, publicKey: encoded, isPss, sign }: HeldKey): Signer {
  const publicKey = readPublicKey(encoded, source);
  const found = signingSchemeOf(publicKey, source);
  const scheme: SigningScheme =
    found.algorithm === 'rsa-pkcs1' && isPss === true ? { ...found, algorithm: 'rsa-pss' } : found;
  return {
    keyId: keyIdOf(publicKey),
    publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    sign: async (data) => {
      const signature = await sign(data, scheme);
      if (!verifySignature(data, publicKey, signature))
        throw new KeyError('KEY_MISMATCH', `${source}: what came back is no signature of this key`);
      return signature;
    },
  };
}

function readPublicKey(encoded: HeldKey['publicKey'], source: string): KeyObject {
  try {
    if (typeof encoded === 'string') return createPublicKey(encoded);
    return encoded instanceof Uint8Array
      ? createPublicKey({ key: Buffer.from(encoded), format: 'der', type: 'spki' })
      : createPublicKey({ key: encoded, format: 'jwk' });
  } catch {
    throw new KeyError('KEY_UNSUPPORTED', `${source}: its public key is of a kind that is not read here`);
  }
}
