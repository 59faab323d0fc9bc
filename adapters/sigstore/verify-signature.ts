import { constants, type KeyObject, verify } from 'node:crypto';

/** RSA keys below this many bits sign nothing (NIST SP 800-131A). */
const MIN_RSA_BITS = 2048;

/** What signatures of one kind of key may be made with (sigstore's algorithm registry, and what cosign writes): tried in turn. */
export type Scheme = (data: Uint8Array, key: KeyObject, signature: Uint8Array) => boolean;

const digest =
  (hash: string | null): Scheme =>
  (data, key, signature) =>
    verify(hash, data, key, signature);
const pss =
  (hash: string): Scheme =>
  (data, key, signature) =>
    verify(
      hash,
      data,
      { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
      signature,
    );

const p256 = [digest('sha256')];
/** cosign 2 hashes with SHA-256 under every curve; the registry has the curve's own. */
const p384 = [digest('sha384'), digest('sha256')];
const p521 = [digest('sha512'), digest('sha256')];
const rsa = [digest('sha256'), pss('sha256')];
const pure = [digest(null)];

/** Asking a key for its details costs as much as parsing one. */
const known = new WeakMap<KeyObject, readonly Scheme[]>();

/** Undefined where signatures of such keys are not accepted: an unknown kind or curve, or too few bits. */
export function schemesOf(key: KeyObject): readonly Scheme[] | undefined {
  const schemes = known.get(key) ?? findSchemes(key);
  if (schemes !== undefined) known.set(key, schemes);
  return schemes;
}

function findSchemes(key: KeyObject): readonly Scheme[] | undefined {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case 'ec':
      if (details?.namedCurve === 'prime256v1') return p256;
      if (details?.namedCurve === 'secp384r1') return p384;
      return details?.namedCurve === 'secp521r1' ? p521 : undefined;
    case 'rsa':
      return (details?.modulusLength ?? 0) >= MIN_RSA_BITS ? rsa : undefined;
    case 'rsa-pss':
      return (details?.modulusLength ?? 0) >= MIN_RSA_BITS ? [pss('sha256')] : undefined;
    case 'ed25519':
    case 'ml-dsa-65':
      return pure;
    default:
      return undefined;
  }
}

/** Whether `key` made `signature` over `data` with a scheme that is accepted of it. Never throws on hostile bytes. */
export function verifySignature(
  data: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
  schemes = schemesOf(key),
): boolean {
  try {
    for (const scheme of schemes ?? []) if (scheme(data, key, signature)) return true;
    return false;
  } catch {
    // OpenSSL throws on some signatures it cannot parse.
    return false;
  }
}
