import { createPublicKey } from 'node:crypto';
import type { Key } from '@tufjs/models';
import { ownValue } from '../../domain/own-value.ts';
import { TufError } from './tuf-error.ts';

/** Whose signatures a role needs, and how many. */
export interface RoleKeys {
  readonly keys: Readonly<Record<string, Key>>;
  readonly keyIDs: readonly string[];
  readonly threshold: number;
}

/**
 * A threshold of the role's keys signed it (specification 5.3.4, 5.4.2, 5.5.3, 5.6.3). Keys count, not key ids: one key under two
 * ids, as Sigstore's fifth root has them, is one. Throws TUF_SIGNER_UNKNOWN or TUF_THRESHOLD_NOT_MET.
 */
export function checkSignatures(
  metadata: Parameters<Key['verifySignature']>[0],
  role: RoleKeys | undefined,
  place: string,
): void {
  const { keys, keyIDs, threshold } = role ?? { keys: {}, keyIDs: [], threshold: 1 };
  const signers = new Set<string>();
  for (const id of new Set(keyIDs)) {
    const key = ownValue(keys, id);
    if (key !== undefined && isSignedBy(metadata, key)) signers.add(publicPartOf(key));
  }
  if (signers.size >= threshold) return;
  const needed = `${place} needs the signatures of ${threshold} of ${keyIDs.length} keys`;
  if (signers.size === 0)
    throw new TufError('TUF_SIGNER_UNKNOWN', `${needed}, and none of them signed it: others did, or it was changed`);
  throw new TufError('TUF_THRESHOLD_NOT_MET', `${needed}, and ${signers.size} signed it`);
}

function isSignedBy(metadata: Parameters<Key['verifySignature']>[0], key: Key): boolean {
  try {
    key.verifySignature(metadata);
    return true;
  } catch {
    return false;
  }
}

/** The key itself, however it is written: PEM, or the hexadecimal point of an early root. */
function publicPartOf({ keyVal }: Key): string {
  const text = keyVal.public ?? '';
  if (!text.startsWith('-----')) return text.toLowerCase();
  const { x, y, n } = createPublicKey(text).export({ format: 'jwk' });
  const hex = (part: string) => Buffer.from(part, 'base64url').toString('hex');
  if (n !== undefined) return hex(n);
  return y === undefined ? hex(x ?? '') : `04${hex(x ?? '')}${hex(y)}`;
}
