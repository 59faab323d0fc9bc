import { sql } from 'kysely';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { Database } from './database.ts';
import { isAdmitted } from './grandfathered.ts';

/** What may stay where it was, as the API shows it. */
export interface GrandfatheringSummary {
  environment: string;
  destination: string;
  until: string;
  /** `stands`, `ended` (it is a finding), `admitted` (a promotion let it in), `gone` (it is not there any more), `renewed`. */
  state: 'stands' | 'ended' | 'admitted' | 'gone' | 'renewed';
  reason: string;
  sourceKind: string;
  place: string;
  madeBy: string;
  madeAt: string;
}

const STATE = sql<GrandfatheringSummary['state']>`case
  when exists (select from grandfathering n where n.environment = g.environment and n.destination = g.destination
    and n.digest = g.digest and n.made_at > g.made_at) then 'renewed'
  when not exists (select from placement p where p.environment = g.environment and p.destination = g.destination
    and p.digest = g.digest and p.state = 'live') then 'gone'
  when ${isAdmitted('g')} then 'admitted'
  when g.until <= clock_timestamp() then 'ended' else 'stands' end`;

/** Of one artifact, oldest first. */
export async function readGrandfatherings(db: Database, key: ArtifactKey): Promise<GrandfatheringSummary[]> {
  const { rows } = await sql<Omit<GrandfatheringSummary, 'until' | 'madeAt'> & { until: Date; made_at: Date }>`
    select g.environment, g.destination, g.until, ${STATE} as state, g.reason, g.source_kind as "sourceKind", g.place,
      g.made_by as "madeBy", g.made_at
    from grandfathering g where g.repository = ${key.repository} and g.digest = ${key.digest} order by g.made_at limit 200`.execute(
    db,
  );
  return rows.map(({ until, made_at, ...row }) => ({
    ...row,
    until: until.toISOString(),
    madeAt: made_at.toISOString(),
  }));
}

export interface GrandfatheredCounts {
  stands: number;
  ended: number;
  /** RFC 3339: the first end to come; null where none does. */
  next: string | null;
}

/** Of everything that is still there, and not admitted. */
export async function countGrandfathered(db: Database): Promise<GrandfatheredCounts> {
  const { rows } = await sql<{ stands: number; ended: number; next: Date | null }>`
    select (count(*) filter (where state = 'stands'))::int as stands, (count(*) filter (where state = 'ended'))::int as ended,
      min(until) filter (where state = 'stands') as next
    from (select ${STATE} as state, g.until from grandfathering g) s`.execute(db);
  const [row] = rows;
  return { stands: row?.stands ?? 0, ended: row?.ended ?? 0, next: row?.next?.toISOString() ?? null };
}
