import { createHash, generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import {
  checkpointText,
  firstPrevious,
  type KeyUseCheckpoint,
  keyUseText,
  type RecordedKeyUse,
} from '../../../../domain/trust/key-use.ts';
import type { ApiClient } from '../../../../services/cli/api-client.ts';
import { checkKeyUses } from '../../../../services/cli/check-key-uses.ts';

const LAST = '2026-01-01T00:00:00.000000Z';
const checkpointer = createLocalSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'test');

/** A chain in pages of four, newest first; records up to `signed` have a checkpoint. `from`: from here on somebody wrote it anew. */
async function createChain(count: number, signed: number, from = Number.POSITIVE_INFINITY) {
  const items: RecordedKeyUse[] = [];
  const checkpoints: KeyUseCheckpoint[] = [];
  for (let position = 1; position <= count; position += 1) {
    const use = {
      ...{ position, at: LAST, previous: items.at(-1)?.hash ?? firstPrevious, actor: 'trust', key: 'admission-prod' },
      ...{ identity: 'key:x', statement: 's', subject: position < from ? `sha256:${position}` : 'sha256:hidden' },
      ...{ signed: 'x', signature: 'y', workflow: '', run: '' },
    };
    const hash = createHash('sha256').update(keyUseText(use)).digest('hex');
    items.push({ ...use, hash });
    if (position > signed) continue;
    const signature = await checkpointer.sign(Buffer.from(checkpointText({ position, hash, at: LAST })));
    const { keyId } = checkpointer;
    checkpoints.push({ position, hash, at: LAST, keyId, signature: Buffer.from(signature).toString('base64') });
  }
  const get = async (_path: string, { cursor }: { cursor?: string } = {}) => {
    const until = cursor === undefined ? count : Number(cursor);
    const page = items.slice(Math.max(0, until - 4), until);
    return {
      items: page.toReversed(),
      next: until > 4 ? String(until - 4) : null,
      checkpoints: checkpoints.filter(({ position }) => page.some((use) => use.position === position)),
    };
  };
  return { get } as unknown as Pick<ApiClient, 'get'>;
}

const check = async (chain: Pick<ApiClient, 'get'>, minutes: number) =>
  checkKeyUses(chain, checkpointer.publicKeyPem, new Date(Date.parse(LAST) + minutes * 60_000));

it('a chain is whole where its end alone has no checkpoint yet', async () => {
  expect(await check(await createChain(10, 10), 600)).toEqual({ checked: 10, coveredThrough: 10, doubt: null });
  expect(await check(await createChain(10, 8), 1)).toEqual({ checked: 10, coveredThrough: 8, doubt: null });
});

it.each([
  ['from the middle on', 3, 4],
  ['from its beginning', 0, 1],
])('one written anew %s, its checkpoints taken away, is in doubt from there', async (_where, signed, position) => {
  expect(await check(await createChain(10, signed, signed + 1), 600)).toMatchObject({
    coveredThrough: signed,
    doubt: { position, reason: expect.stringContaining('no checkpoint is over it') as unknown },
  });
});
