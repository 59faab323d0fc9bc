import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { KeyError } from './key-error.ts';

/** Keys never change, and every bundle is tried on all that are trusted: what was read once is not read again. */
const ids = new WeakMap<KeyObject, string>();
const parsed = new Map<string, KeyObject>();
/** PEM texts remembered at most; beyond, all are forgotten. */
const REMEMBERED = 500;

/** base64(sha256(SPKI DER)): the hint cosign writes into its bundles, and the identity policies pin. */
export function keyIdOf(publicKey: KeyObject): string {
  const known = ids.get(publicKey);
  if (known !== undefined) return known;
  const id = createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('base64');
  ids.set(publicKey, id);
  return id;
}

/** A PEM public key (SPKI). Throws a KeyError that names `source`. */
export function parsePublicKey(pem: string, source: string): KeyObject {
  const known = parsed.get(pem);
  if (known !== undefined) return known;
  if (!pem.trimStart().startsWith('-----BEGIN PUBLIC KEY-----'))
    throw new KeyError('KEY_MALFORMED', `${source}: expected a PEM public key ("-----BEGIN PUBLIC KEY-----")`);
  try {
    const key = createPublicKey({ key: pem, format: 'pem' });
    if (parsed.size >= REMEMBERED) parsed.clear();
    parsed.set(pem, key);
    return key;
  } catch {
    throw new KeyError('KEY_MALFORMED', `${source}: the PEM text holds no public key this version reads`);
  }
}
