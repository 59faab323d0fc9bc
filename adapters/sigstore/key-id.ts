import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { KeyError } from './key-error.ts';

/** base64(sha256(SPKI DER)): the hint cosign writes into its bundles, and the identity policies pin. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('base64');
}

/** A PEM public key (SPKI). Throws a KeyError that names `source`. */
export function parsePublicKey(pem: string, source: string): KeyObject {
  if (!pem.trimStart().startsWith('-----BEGIN PUBLIC KEY-----'))
    throw new KeyError('KEY_MALFORMED', `${source}: expected a PEM public key ("-----BEGIN PUBLIC KEY-----")`);
  try {
    return createPublicKey({ key: pem, format: 'pem' });
  } catch {
    throw new KeyError('KEY_MALFORMED', `${source}: the PEM text holds no public key this version reads`);
  }
}
