/** Two signatures over the same bytes: one by a key of today, one by a key that a quantum computer does not break. */

export const signaturePolicies = ['any', 'all', 'classical'] as const;
/** `any`: one is enough. `all`: both, over the same bytes. `classical`: those by a post-quantum key do not count. */
export type SignaturePolicy = (typeof signaturePolicies)[number];

/** What was signed, and by which kind of key. */
export interface SignedBytesBy {
  readonly algorithm: 'classical' | 'post-quantum';
  /** SHA-256, in hex, of the bytes that are signed: of a statement its pre-authentication encoding, of a file the file. */
  readonly digest: string;
}

/**
 * Why a verified signature does not count under the policy; undefined where it does. `all` is every verified signature of that
 * kind by a trusted key, this one included; one of which it is not known what it signed is alone.
 */
export function signaturePolicyRefusal(
  policy: SignaturePolicy,
  one: SignedBytesBy | undefined,
  all: readonly (SignedBytesBy | undefined)[],
): string | undefined {
  const algorithm = one?.algorithm ?? 'classical';
  switch (policy) {
    case 'any':
      return undefined;
    case 'classical':
      return algorithm === 'classical' ? undefined : 'by a post-quantum key, and only classical ones count';
    case 'all': {
      const other = algorithm === 'classical' ? 'post-quantum' : 'classical';
      return all.some((twin) => twin !== undefined && twin.algorithm === other && twin.digest === one?.digest)
        ? undefined
        : `by a ${algorithm} key alone: no ${other} key that is trusted signed the same bytes`;
    }
  }
}
