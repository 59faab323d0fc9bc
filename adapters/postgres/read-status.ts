import { sql } from 'kysely';
import type { Database } from './database.ts';

/** How much work waits in the database, and for how long the oldest has (seconds; null where nothing waits). */
export interface Backlog {
  outbox: { waiting: number; oldestSeconds: number | null };
  generations: { pending: number; running: number; oldestPendingSeconds: number | null; oldestSeconds: number | null };
  workflowRequests: { pending: number; oldestSeconds: number | null };
  promotions: { open: number; waiting: number };
  incidents: { open: number; subjectsUnconfirmed: number };
  deadLetters: { notReplayed: number };
  releases: { waiting: number };
  /** Closed workflows whose history is not kept yet closed at most this long ago; Temporal forgets them after its retention. */
  histories: { oldestSeconds: number | null; retentionSeconds: number | null };
}

export interface AdvisoryState {
  records: number;
  digest: string;
  newest: string | null;
  syncedAt: string | null;
}

interface Counts {
  outbox: number;
  outbox_age: number | null;
  pending: number;
  pending_age: number | null;
  open_age: number | null;
  running: number;
  requests: number;
  requests_age: number | null;
  promotions: number;
  promotions_waiting: number;
  incidents: number;
  unconfirmed: number;
  letters: number;
  releases: number;
  histories_age: number | null;
  histories_retention: number | null;
}

/** One query over partial indexes: cheap however much history there is. */
export async function readBacklog(db: Database): Promise<Backlog> {
  const { rows } = await sql<Counts>`
    select
      (select count(*) from outbox where published_at is null) as outbox,
      (select extract(epoch from now() - min(created_at))::float8 from outbox where published_at is null) as outbox_age,
      (select count(*) from generation where state = 'pending') as pending,
      (select extract(epoch from now() - min(created_at))::float8 from generation where state = 'pending') as pending_age,
      (select extract(epoch from now() - min(created_at))::float8 from generation where state in ('pending', 'claimed')) as open_age,
      (select count(*) from generation where state = 'claimed') as running,
      (select count(*) from workflow_request where state = 'pending') as requests,
      (select extract(epoch from now() - min(requested_at))::float8 from workflow_request where state = 'pending') as requests_age,
      (select count(*) from promotion where state in ('requested', 'waiting', 'reserved')) as promotions,
      (select count(*) from promotion where state = 'waiting') as promotions_waiting,
      (select count(*) from incident where state <> 'closed') as incidents,
      (select count(*) from incident_subject s join incident i on i.id = s.incident
        where i.state <> 'closed' and s.state in ('fenced', 'removing')) as unconfirmed,
      (select count(*) from dead_letter where replayed_at is null) as letters,
      (select count(*) from release_request where state = 'waiting') as releases,
      (select extract(epoch from now() - through)::float8 from history_export) as histories_age,
      (select retention_seconds from history_export) as histories_retention`.execute(db);
  const counts = rows[0] as Counts;
  return {
    outbox: { waiting: counts.outbox, oldestSeconds: counts.outbox_age },
    generations: {
      pending: counts.pending,
      running: counts.running,
      oldestPendingSeconds: counts.pending_age,
      oldestSeconds: counts.open_age,
    },
    workflowRequests: { pending: counts.requests, oldestSeconds: counts.requests_age },
    promotions: { open: counts.promotions, waiting: counts.promotions_waiting },
    incidents: { open: counts.incidents, subjectsUnconfirmed: counts.unconfirmed },
    deadLetters: { notReplayed: counts.letters },
    releases: { waiting: counts.releases },
    histories: { oldestSeconds: counts.histories_age, retentionSeconds: counts.histories_retention },
  };
}

export async function readAdvisoryState(db: Database): Promise<AdvisoryState> {
  const row = await db.selectFrom('advisory_state').selectAll().executeTakeFirst();
  return {
    records: row?.records ?? 0,
    digest: row?.digest ?? '',
    newest: row?.newest ?? null,
    syncedAt: row?.synced_at?.toISOString() ?? null,
  };
}
