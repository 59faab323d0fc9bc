/** The kinds of signatures that `sign` makes and `verify` checks, one kind a command; the first where no flag says otherwise. */
export const signatureWays = ['sigstore', 'notation', 'openpgp'] as const;

export type SignatureWay = (typeof signatureWays)[number];
