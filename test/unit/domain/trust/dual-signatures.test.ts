import { describe, expect, it } from 'vitest';
import { type SignedBytesBy, signaturePolicyRefusal } from '../../../../domain/trust/dual-signatures.ts';

const classical: SignedBytesBy = { algorithm: 'classical', digest: 'a' };
const postQuantum: SignedBytesBy = { algorithm: 'post-quantum', digest: 'a' };
const other: SignedBytesBy = { algorithm: 'post-quantum', digest: 'b' };

describe('of what verified, counts', () => {
  it.each([
    ['any', 'one classical', classical, [classical], true],
    ['any', 'one post-quantum', postQuantum, [postQuantum], true],
    ['any', 'one of before it was kept', undefined, [undefined], true],
    ['all', 'both', classical, [classical, postQuantum], true],
    ['all', 'both, the other way round', postQuantum, [classical, postQuantum], true],
    ['all', 'one that was stripped of the other', classical, [classical], false],
    ['all', 'the other alone', postQuantum, [postQuantum], false],
    ['all', 'the other over another statement', classical, [classical, other], false],
    ['all', 'two classical ones', classical, [classical, { ...classical }], false],
    ['all', 'one of which it is not known what it signed', undefined, [undefined, postQuantum], false],
    ['classical', 'one classical', classical, [classical, postQuantum], true],
    ['classical', 'one post-quantum', postQuantum, [classical, postQuantum], false],
  ] as const)('%s: %s', (policy, _, one, all, counts) => {
    expect(signaturePolicyRefusal(policy, one, all) === undefined).toBe(counts);
  });
});
