/**
 * One person, or one machine, is one principal: the port behind `pratique principal`. Commit addresses are no identity: anybody can
 * write any into a commit.
 */
import { z } from 'zod';

/**
 * `subject`: of another token of theirs. `commit-signer`: as the builder's allowed signers name the key that signed a commit.
 * `account`: of a code host, `github:alice`. `builder`: the id of a builder they run. `ssh-key`, by its fingerprint (`SHA256:…`),
 * `oidc`, `<issuer> <subject>`, and `webauthn`, a passkey they registered, by its fingerprint: what they
 * prove with that a decision is theirs.
 */
export const aliasKinds = ['subject', 'commit-signer', 'account', 'builder', 'ssh-key', 'oidc', 'webauthn'] as const;
export const aliasKindSchema = z.enum(aliasKinds);
export type AliasKind = z.infer<typeof aliasKindSchema>;

export interface PrincipalAlias {
  readonly principal: string;
  readonly kind: AliasKind;
  readonly value: string;
}

export interface PrincipalRecord {
  readonly principal: string;
  readonly aliases: readonly { readonly kind: AliasKind; readonly value: string }[];
}

export interface PrincipalDesk {
  /** By name; subjects that were joined to a principal stand under it. */
  list(): Promise<readonly PrincipalRecord[]>;
  /** One alias is one principal's, and a subject that is joined to another has none of its own. */
  join(
    alias: PrincipalAlias,
    actor: string,
  ): Promise<{ outcome: 'joined' | 'unchanged' } | { outcome: 'refused'; reason: string }>;
  /** False where nobody has it. */
  part(alias: Omit<PrincipalAlias, 'principal'>, actor: string): Promise<boolean>;
}
