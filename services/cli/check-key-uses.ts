import { createHash } from 'node:crypto';
import { parsePublicKey } from '../../adapters/sigstore/key-id.ts';
import { verifySignature } from '../../adapters/sigstore/verify-signature.ts';
import {
  checkpointText,
  findChainDoubt,
  firstPrevious,
  type KeyUseCheckpoint,
  type RecordedKeyUse,
} from '../../domain/trust/key-use.ts';
import type { ApiClient } from './api-client.ts';

export interface UsesPage {
  readonly items: readonly RecordedKeyUse[];
  readonly next: string | null;
  readonly checkpoints: readonly KeyUseCheckpoint[];
}

export interface CheckedUses {
  readonly checked: number;
  /** The newest of them that a checkpoint covers; 0 where none does. */
  readonly coveredThrough: number;
  /** What is wrong; null where nothing is. */
  readonly doubt: { readonly position: number; readonly reason: string } | null;
}

const PAGE = 200;

/** Reads the whole chain, newest first, and works every hash and checkpoint out again. `checkpointKey` is in PEM. */
export async function checkKeyUses(api: ApiClient, checkpointKey: string): Promise<CheckedUses> {
  const publicKey = parsePublicKey(checkpointKey, 'the checkpoint key');
  const check = {
    sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
    isSigned: (one: KeyUseCheckpoint) =>
      verifySignature(Buffer.from(checkpointText(one)), publicKey, Buffer.from(one.signature, 'base64')),
  };
  let checked = 0;
  let coveredThrough = 0;
  /** What the page before, which is newer, says of the one that is read. */
  let expected: { readonly position: number; readonly hash: string } | undefined;
  let cursor: string | undefined;
  do {
    const page: UsesPage = await api.get('/keys/uses', { limit: PAGE, cursor });
    const uses = page.items.toReversed();
    const [oldest, newest] = [uses.at(0), uses.at(-1)];
    if (oldest === undefined || newest === undefined) break;
    checked += uses.length;
    coveredThrough = Math.max(coveredThrough, ...page.checkpoints.map(({ position }) => position));
    if (expected !== undefined && (newest.position !== expected.position || newest.hash !== expected.hash))
      return broken(expected.position, 'what follows it was written after another record');
    const before = { position: oldest.position - 1, hash: oldest.previous };
    const doubt = findChainDoubt(uses, page.checkpoints, before, check);
    if (doubt !== undefined) return { checked, coveredThrough, doubt };
    expected = before;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  if (expected !== undefined && (expected.position !== 0 || expected.hash !== firstPrevious))
    return broken(expected.position, 'the chain does not begin at its beginning');
  return { checked, coveredThrough, doubt: null };

  function broken(position: number, reason: string): CheckedUses {
    return { checked, coveredThrough, doubt: { position, reason } };
  }
}
