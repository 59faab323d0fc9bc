import { shortDigest } from '../../artifact/digest.ts';
import type { JudgedArtifact } from '../gate.ts';

/** Why a gate that asks about contents can not be sure to see all of them. */
export interface StockDoubt {
  readonly reason: string;
  readonly details: readonly string[];
}

/**
 * Undefined where every platform was read in full, and every SBOM is there that the policy asks of others: only then does an empty
 * list mean that there is nothing.
 */
export function stockDoubt(judged: JudgedArtifact): StockDoubt | undefined {
  const missing = judged.readings?.sbom?.doubt;
  if (missing !== undefined) return missing;
  if (judged.failure !== undefined) return { reason: `the contents could not be read: ${judged.failure}`, details: [] };
  if (judged.platforms.length === 0) return { reason: 'no stock was taken of this artifact', details: [] };
  const partial = judged.platforms.filter((platform) => !platform.complete);
  if (partial.length === 0) return undefined;
  const names = partial.map(({ platform, digest }) => `${platform} (${shortDigest(digest)})`).join(', ');
  return {
    reason: `the stock of ${names} is incomplete: components may be missing`,
    details: partial.flatMap(({ platform, unreadable }) =>
      unreadable.map((line) => `${platform}: could not read ${line}`),
    ),
  };
}
