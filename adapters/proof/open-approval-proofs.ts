import type { ApprovalProofs } from '../../domain/identity/approval-proof.ts';
import type { ApproverList } from '../../domain/identity/approver-list.ts';
import type { RelyingParty } from '../../domain/identity/passkey.ts';
import { createEgress } from '../egress/egress.ts';
import { createIdentityIssuers } from '../oidc/identity-issuers.ts';
import type { IssuerSettings } from '../oidc/issuer-variables.ts';
import { createPostgresBlobStore } from '../postgres/blob-store.ts';
import type { Database } from '../postgres/database.ts';
import { createPasskeyBook } from '../postgres/passkeys.ts';
import { holderOf, principalOf } from '../postgres/principals.ts';
import { createApprovalProofs } from './approval-proofs.ts';

export interface OpenApprovalProofs extends ApprovalProofs {
  close(): Promise<void>;
}

export interface ProofSettings extends IssuerSettings {
  /** Undefined where no passkeys are taken. */
  readonly relyingParty?: RelyingParty | undefined;
  /** The trust worker's own; undefined believes the principals of the database. */
  readonly list?: ApproverList | undefined;
}

/** Proofs over the registered keys and identities of Postgres, and the issuers of the configuration. */
export function openApprovalProofs(
  db: Database,
  { issuers, audience, relyingParty, list }: ProofSettings,
): OpenApprovalProofs {
  const places = issuers.flatMap(({ issuer, jwks }) => (jwks === undefined ? [issuer] : [jwks]));
  const egress = createEgress({
    configuredHosts: places.map((place) => new URL(place).host),
    allowPublicHosts: false,
  });
  const proofs = createApprovalProofs({
    blobs: createPostgresBlobStore(db),
    holderOf: (kind, value) => holderOf(db, kind, value),
    principalOf: (subject) => principalOf(db, subject),
    passkeys: createPasskeyBook(db),
    ...{ relyingParty, list },
    issuers: createIdentityIssuers({ issuers, audience, egress, now: Date.now }),
    now: () => new Date(),
  });
  return { ...proofs, close: () => egress.close() };
}
