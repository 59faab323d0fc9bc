import { sql } from 'kysely';
import type { Database } from './database.ts';
import { readFeedTimes } from './feed-times.ts';

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
  /** When the advisories of each ecosystem were brought in; null where they only came along with another feed's. */
  feeds: { ecosystem: string; syncedAt: string | null }[];
  /** The import that was activated last, and the one whose changes are found everywhere. */
  epoch: number;
  rescannedThrough: number;
  /** The last import that failed, where its source was not brought in since. */
  failure: { source: string; reason: string; at: string } | null;
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
  const { rows } = await sql<{
    records: number;
    digest: string;
    newest: string | null;
    synced_at: Date | null;
    epoch: number;
    through: number;
    failure: { source: string; reason: string; at: string } | null;
  }>`
    select a.records, a.digest, a.newest, a.synced_at, a.epoch, r.through,
      (select jsonb_build_object('source', f.source, 'reason', f.reason, 'at', to_char(f.ended_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
        from advisory_epoch f where f.state = 'failed' and not exists (select from advisory_epoch g
          where g.source = f.source and g.state = 'active' and g.id > f.id)
          and not exists (select from advisory_feed k where k.address = f.source and k.checked_at > f.ended_at)
        order by f.id desc limit 1) as failure
    from advisory_state a, rescan_state r`.execute(db);
  const row = rows[0];
  const feeds = await readFeedTimes(db);
  return {
    feeds: feeds.map(({ ecosystem, at }) => ({ ecosystem, syncedAt: at ?? null })),
    records: row?.records ?? 0,
    digest: row?.digest ?? '',
    newest: row?.newest ?? null,
    syncedAt: row?.synced_at?.toISOString() ?? null,
    epoch: row?.epoch ?? 0,
    rescannedThrough: row?.through ?? 0,
    failure: row?.failure ?? null,
  };
}

/** What is known of attacks: a table of CVEs, as it was brought in last. */
export interface ThreatState {
  kind: 'kev' | 'epss';
  entries: number;
  digest: string;
  source: string;
  syncedAt: string;
}

export async function readThreatStates(db: Database): Promise<ThreatState[]> {
  const { rows } = await sql<Omit<ThreatState, 'syncedAt'> & { at: Date }>`
    select distinct on (kind) kind, records as entries, digest, source, ended_at as at from advisory_epoch
    where kind <> 'osv' and state = 'active' order by kind, id desc`.execute(db);
  return rows.map(({ at, ...row }) => ({ ...row, syncedAt: at.toISOString() }));
}

/** An import of advisories, as it is shown. */
export interface AdvisoryEpochSummary {
  epoch: number;
  kind: 'osv' | 'kev' | 'epss';
  source: string;
  actor: string;
  state: 'importing' | 'active' | 'failed';
  digest: string | null;
  records: number | null;
  added: number;
  updated: number;
  withdrawn: number;
  unchanged: number;
  rejected: number;
  rejections: { place: string; reason: string }[];
  reason: string;
  startedAt: string;
  endedAt: string | null;
}

/** The last ones, newest first. */
export async function readAdvisoryEpochs(db: Database, limit: number): Promise<AdvisoryEpochSummary[]> {
  const rows = await db.selectFrom('advisory_epoch').selectAll().orderBy('id', 'desc').limit(limit).execute();
  return rows.map(({ id, started_at, ended_at, rejections, ...row }) => ({
    epoch: id,
    ...row,
    rejections: rejections as AdvisoryEpochSummary['rejections'],
    startedAt: started_at.toISOString(),
    endedAt: ended_at?.toISOString() ?? null,
  }));
}
