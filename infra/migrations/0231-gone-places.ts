import { type Kysely, sql } from 'kysely';

/** What the registry was seen to lack, though a promotion let it in and nobody here took it out. An empty tag: the bytes themselves. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table gone_place (
      id bigint generated always as identity,
      environment text not null,
      destination text not null,
      digest text not null,
      tag text not null,
      seen_at timestamptz not null default now(),
      primary key (environment, destination, digest, tag)
    )`.execute(db);
}
