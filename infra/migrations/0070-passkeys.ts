import { type Kysely, sql } from 'kysely';

/** Passkeys, as their owners registered them: an administrator joins the fingerprint of one to a principal, and then it proves. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table principal_alias drop constraint principal_alias_kind_check;
    alter table principal_alias add constraint principal_alias_kind_check
      check (kind in ('email', 'commit-signer', 'account', 'subject', 'builder', 'ssh-key', 'oidc', 'webauthn')) not valid;
    create table passkey (
      -- Of the credential, base64url.
      id text primary key,
      -- SHA256:…, of the key: as principal_alias has it.
      fingerprint text not null unique,
      -- SubjectPublicKeyInfo in DER, base64url.
      public_key text not null,
      relying_party text not null,
      subject text not null,
      name text not null,
      transports jsonb not null default '[]',
      sign_count bigint not null,
      registered_at timestamptz not null default now(),
      used_at timestamptz,
      -- Of the last statement it was shown with: the next one is later.
      statement_at timestamptz
    );
    create index passkey_subject on passkey (subject);
  `.execute(db);
}
