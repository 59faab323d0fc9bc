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
/** Every round of signatures ends with a checkpoint: for so long its last may be on the way, clocks that differ included. */
const MOST_OPEN_MS = 10 * 60_000;

/** Reads the whole chain, newest first, and works every hash and checkpoint out again. `checkpointKey` is in PEM. */
export async function checkKeyUses(
  api: Pick<ApiClient, 'get'>,
  checkpointKey: string,
  now: Date,
): Promise<CheckedUses> {
  const publicKey = parsePublicKey(checkpointKey, 'the checkpoint key');
  const check = {
    sha256: (text: string) => createHash('sha256').update(text).digest('hex'),
    isSigned: (one: KeyUseCheckpoint) =>
      verifySignature(Buffer.from(checkpointText(one)), publicKey, Buffer.from(one.signature, 'base64')),
  };
  let checked = 0;
  let coveredThrough = 0;
  /** The oldest that no checkpoint covers. */
  let open: RecordedKeyUse | undefined;
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
    open = uses.find(({ position }) => position > coveredThrough) ?? open;
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
  if (open !== undefined && now.getTime() - Date.parse(open.at) > MOST_OPEN_MS)
    return broken(
      open.position,
      'no checkpoint is over it and what follows, though each signature goes out with one: they were taken away, or the trust worker was killed in that moment, and its next signature brings one',
    );
  return { checked, coveredThrough, doubt: null };

  function broken(position: number, reason: string): CheckedUses {
    return { checked, coveredThrough, doubt: { position, reason } };
  }
}
