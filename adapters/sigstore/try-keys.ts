import type { KeyObject } from 'node:crypto';
import type { TrustedKeys } from '../../domain/trust/evidence.ts';
import type { MessageVerification } from './bundle-verifier.ts';
import { keyIdOf, parsePublicKey } from './key-id.ts';
import { reject } from './open-bundle.ts';
import { type Scheme, schemesOf } from './verify-signature.ts';

/**
 * The key the hint names, else (hints are advice, and unsigned) each trusted key in turn. One that is too weak keeps none of the
 * others from being tried.
 */
export function tryKeys(
  trusted: TrustedKeys,
  hint: string | undefined,
  verify: (key: ReadKey) => MessageVerification,
): MessageVerification {
  const keys = readTrustedKeys(trusted);
  if (keys.length === 0)
    return reject('KEYRING_EMPTY', 'the bundle is signed with a key, and no key is trusted here: name one');
  const named = keys.find(({ keyId }) => keyId === hint);
  let tooWeak: ReadKey | undefined;
  for (const key of named === undefined ? keys : [named]) {
    if (key.schemes === undefined) {
      tooWeak ??= key;
      continue;
    }
    const result = verify(key);
    if (result.outcome === 'verified' || named !== undefined || result.code !== 'SIGNATURE_INVALID') return result;
  }
  if (tooWeak !== undefined)
    return reject(
      'ALGORITHM_UNSUPPORTED',
      `the trusted key ${tooWeak.keyId} is of a kind or size whose signatures do not count`,
    );
  return reject('SIGNER_UNKNOWN', `none of the ${keys.length} trusted keys made the signature`);
}

export interface ReadKey {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  /** Undefined where its signatures do not count. */
  readonly schemes: readonly Scheme[] | undefined;
}

/** Parsed once per set of keys: a policy's set serves thousands of verifications. */
const readKeys = new WeakMap<TrustedKeys, readonly ReadKey[]>();

function readTrustedKeys(trusted: TrustedKeys): readonly ReadKey[] {
  const known = readKeys.get(trusted);
  if (known !== undefined) return known;
  const keys = trusted.keys.map((pem, index) => {
    const publicKey = parsePublicKey(pem, `trusted key ${index + 1}`);
    return { keyId: keyIdOf(publicKey), publicKey, schemes: schemesOf(publicKey) };
  });
  readKeys.set(trusted, keys);
  return keys;
}
