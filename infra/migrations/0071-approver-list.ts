import { type Kysely, sql } from 'kysely';

/** Whether the trust worker that started last has a list of approvers of its own: for the doctor, and believed by nobody else. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table approver_list (
      singleton boolean primary key default true check (singleton),
      -- Of its file; null where it was given none.
      digest text,
      people int not null,
      read_at timestamptz not null
    )`.execute(db);
}
