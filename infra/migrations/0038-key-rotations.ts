import { type Kysely, sql } from 'kysely';

/** One key takes the place of another: what is live is signed again, one place after the other, and what is not is told. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table key_rotation (
      id text primary key,
      key text not null,
      reason text not null,
      requested_by text not null,
      requested_at timestamptz not null default now(),
      overlap_seconds integer not null check (overlap_seconds >= 0),
      -- Where the new key is held; null: the trust worker makes it, in its folder.
      reference text,
      state text not null default 'requested' check (state in ('requested', 'signing', 'overlap', 'done', 'failed')),
      note text not null default '',
      old_keys jsonb not null default '[]',
      new_key text,
      began_at timestamptz,
      retire_at timestamptz,
      ended_at timestamptz
    );
    create unique index key_rotation_open on key_rotation (key) where state in ('requested', 'signing', 'overlap');
    create table key_rotation_place (
      rotation text not null references key_rotation (id),
      environment text not null,
      destination text not null,
      digest text not null,
      outcome text not null check (outcome in ('signed', 'refused')),
      reason text not null default '',
      pass smallint not null,
      at timestamptz not null default now(),
      primary key (rotation, environment, destination, digest)
    );`.execute(db);
}
