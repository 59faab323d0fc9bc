import { type Kysely, sql } from 'kysely';

/** Keys and identities that people prove their decisions with, and where each proof is kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- "ssh-key": the fingerprint of a key of theirs, SHA256:…; "oidc": who they are to an issuer, <issuer> <subject>.
    alter table principal_alias drop constraint principal_alias_kind_check;
    alter table principal_alias add constraint principal_alias_kind_check
      check (kind in ('email', 'commit-signer', 'account', 'subject', 'builder', 'ssh-key', 'oidc')) not valid;
    -- {kind, digest, by}: what was verified when it came; its body is a blob. approval.proof is as old as the table.
    alter table decision_ticket add column proof jsonb;
    -- Why an approval counts no more, where no incident came between.
    alter table approval add column void_reason text;
  `.execute(db);
}
