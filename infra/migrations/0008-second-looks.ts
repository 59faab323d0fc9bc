import { type Kysely, sql } from 'kysely';

/** What is looked at twice: approvals after a quarantine, tags of late events, waits that something ended, histories of closed runs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Given before a quarantine: they count no more, whatever became of the decision. Null where the approval stands.
    alter table approval add column voided_by text references incident (id);

    -- When the push happened that the tag rests on: a late event of an older one does not move it back.
    alter table tag add column occurred_at timestamptz;

    -- Waiting promotions to tell that something changed, written by the transaction that changed it. Told after commit,
    -- and by the sweeper after a crash; "wanted" keeps a wake that was asked for while an earlier one was delivered.
    create table workflow_wake (
      workflow_id text primary key,
      wanted bigint not null default 1,
      requested_at timestamptz not null default now()
    );

    -- Histories of closed runs, kept before Temporal forgets them.
    create table workflow_history (
      run_id text primary key,
      workflow_id text not null,
      kind text not null,
      status text not null,
      closed_at timestamptz not null,
      history text not null references blob (digest),
      exported_at timestamptz not null default now()
    );
    create index workflow_history_workflow on workflow_history (workflow_id, closed_at);
    -- Every run that closed before this has its row above.
    create table history_export (id boolean primary key default true check (id), through timestamptz not null);
  `.execute(db);
}
