import { sql } from 'kysely';
import type {
  IncidentRecord,
  IncidentRecords,
  QuarantineRecord,
  ReleaseDecision,
} from '../../domain/incident/incident-record.ts';
import type { Database } from './database.ts';

interface QuarantineRow {
  incident: string;
  reason: string;
  relation: QuarantineRecord['relation'];
  fenced_at: Date;
  confirmed_at: Date;
  detail: { environments?: string[] };
}

interface ReleaseRow {
  incident: string;
  reason: string;
  requested_by: string;
  approvers: string[];
  excused_at: Date;
  decision: ReleaseDecision | null;
}

export function createIncidentRecords(db: Database): IncidentRecords {
  return {
    async of(digest) {
      const quarantines = await sql<QuarantineRow>`
        select s.incident, i.reason, s.relation, s.fenced_at, s.confirmed_at, s.detail
        from incident_subject s join incident i on i.id = s.incident
        where s.digest = ${digest} and s.confirmed_at is not null and s.state in ('confirmed', 'released')
        order by s.confirmed_at, s.incident`.execute(db);
      const releases = await sql<ReleaseRow>`
        select incident, reason, requested_by, approvers, excused_at, decision from incident_excusal
        where digest = ${digest} order by excused_at, incident`.execute(db);
      return [
        ...quarantines.rows.map(
          (row): IncidentRecord => ({
            kind: 'quarantine',
            incident: row.incident,
            reason: row.reason,
            relation: row.relation,
            fencedAt: row.fenced_at.toISOString(),
            confirmedAt: row.confirmed_at.toISOString(),
            environments: [...new Set(row.detail.environments ?? [])].sort(),
          }),
        ),
        ...releases.rows.map(
          (row): IncidentRecord => ({
            kind: 'release',
            incident: row.incident,
            reason: row.reason,
            requestedBy: row.requested_by,
            approvers: row.approvers,
            releasedAt: row.excused_at.toISOString(),
            ...(row.decision === null ? {} : { decision: row.decision }),
          }),
        ),
      ];
    },
    async repositories(digest) {
      const rows = await db
        .selectFrom('artifact')
        .select('repository')
        .where('digest', '=', digest)
        .orderBy('repository')
        .execute();
      return rows.map(({ repository }) => repository);
    },
  };
}
