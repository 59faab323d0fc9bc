/** Everything recorded about one artifact, as the API shows it. */
import { sql } from 'kysely';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import { subjectOf } from '../../domain/artifact/subject.ts';
import type { Database } from './database.ts';
import { isPlaceOf } from './live-in.ts';
import { type EvidenceSummary, readEvidence } from './read-evidence.ts';
import { type GrandfatheringSummary, readGrandfatherings } from './read-grandfatherings.ts';
import { type PlatformSummary, readPlatforms } from './read-platforms.ts';
import { type PromotionSummary, selectPromotions, toPromotion } from './read-promotions.ts';
import { readScannerReports, type ScannerReportSummary } from './read-scanner-reports.ts';
import { readVerdicts, type VerdictSummary } from './read-verdicts.ts';

export interface ArtifactDetail {
  /** The newest run of the pipeline. */
  generation: {
    number: number;
    cause: string;
    state: string;
    joined: number;
    outcome: string | null;
    reason: string;
    createdAt: string;
    claimedAt: string | null;
    closedAt: string | null;
  } | null;
  /** Other repositories that hold the same bytes. */
  alsoIn: string[];
  children: { digest: string; platform: string | null }[];
  platforms: PlatformSummary[];
  evidence: EvidenceSummary[];
  /** The newest per environment. */
  verdicts: VerdictSummary[];
  placements: { environment: string; destination: string; state: string; since: string }[];
  /** What an import left where it was, oldest first. */
  grandfatherings: GrandfatheringSummary[];
  promotions: PromotionSummary[];
  fence: { state: string; incident: string | null; reason: string; changedAt: string } | null;
  incidents: { incident: string; relation: string; state: string; incidentState: string; reason: string }[];
  /** Of other scanners, newest first, with the first differences. */
  reports: ScannerReportSummary[];
  builds: {
    /** What sources say: never a fact. */
    claimed: { source: string; eventId: string; recordedAt: string; claim: Record<string, unknown> }[];
    /** What verified provenance and signatures establish. */
    verified: { kind: string; value: string }[];
  };
  openFindings: { kind: string; detail: Record<string, unknown>; foundAt: string }[];
}

/** Of each side of one report. */
const DIFFERENCES_SHOWN = 10;

/** Counts and lists, not bodies. The caller has resolved the key. */
export async function readArtifactDetail(db: Database, key: ArtifactKey): Promise<ArtifactDetail> {
  const [
    generation,
    where,
    stock,
    evidence,
    verdicts,
    placements,
    grandfatherings,
    promotions,
    incidents,
    builds,
    openFindings,
    reports,
  ] = await Promise.all([
    readGeneration(db, key),
    readWhere(db, key),
    readPlatforms(db, key),
    readEvidence(db, key),
    readVerdicts(db, key),
    readPlacements(db, key),
    readGrandfatherings(db, key),
    readPromotions(db, key),
    readIncidents(db, key),
    readBuilds(db, key),
    readFindings(db, key),
    readScannerReports(db, key.digest, DIFFERENCES_SHOWN),
  ]);
  return {
    generation,
    ...where,
    platforms: stock,
    evidence,
    verdicts,
    placements,
    grandfatherings,
    promotions,
    ...incidents,
    builds,
    openFindings,
    reports,
  };
}

async function readGeneration(db: Database, key: ArtifactKey): Promise<ArtifactDetail['generation']> {
  const row = await db
    .selectFrom('generation')
    .selectAll()
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    number: row.generation,
    cause: row.cause,
    state: row.state,
    joined: row.joined,
    outcome: row.outcome,
    reason: row.reason,
    createdAt: row.created_at.toISOString(),
    claimedAt: row.claimed_at?.toISOString() ?? null,
    closedAt: row.closed_at?.toISOString() ?? null,
  };
}

async function readWhere(db: Database, key: ArtifactKey): Promise<Pick<ArtifactDetail, 'alsoIn' | 'children'>> {
  const others = await db
    .selectFrom('artifact')
    .select('repository')
    .where('digest', '=', key.digest)
    .where('repository', '<>', key.repository)
    .orderBy('repository')
    .execute();
  const children = await db
    .selectFrom('artifact_edge')
    .select(['child as digest', 'platform'])
    .where('parent', '=', key.digest)
    .orderBy('platform')
    .execute();
  return { alsoIn: others.map((row) => row.repository), children };
}

async function readPlacements(db: Database, key: ArtifactKey): Promise<ArtifactDetail['placements']> {
  const rows = await db
    .selectFrom('artifact as a')
    .innerJoin('placement as p', 'p.digest', 'a.digest')
    .select(['p.environment', 'p.destination', 'p.state', 'p.since'])
    .where('a.repository', '=', key.repository)
    .where('a.digest', '=', key.digest)
    .where(isPlaceOf({ place: 'p', repository: 'a.repository' }))
    .orderBy('p.since')
    .execute();
  return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
}

async function readPromotions(db: Database, key: ArtifactKey): Promise<PromotionSummary[]> {
  const rows = await selectPromotions(db)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .orderBy('requested_at')
    .orderBy('environment')
    .execute();
  return rows.map(toPromotion);
}

async function readIncidents(db: Database, key: ArtifactKey): Promise<Pick<ArtifactDetail, 'fence' | 'incidents'>> {
  const fence = await db.selectFrom('artifact_fence').selectAll().where('digest', '=', key.digest).executeTakeFirst();
  const incidents = await db
    .selectFrom('incident_subject as s')
    .innerJoin('incident as i', 'i.id', 's.incident')
    .select(['s.incident', 's.relation', 's.state', 'i.state as incidentState', 'i.reason'])
    .where('s.digest', '=', key.digest)
    .orderBy('s.fenced_at')
    .execute();
  return {
    fence:
      fence === undefined
        ? null
        : {
            state: fence.state,
            incident: fence.incident,
            reason: fence.reason,
            changedAt: fence.changed_at.toISOString(),
          },
    incidents,
  };
}

async function readBuilds(db: Database, key: ArtifactKey): Promise<ArtifactDetail['builds']> {
  const claimed = await db
    .selectFrom('build_fact')
    .selectAll()
    .where('output_digest', '=', key.digest)
    .orderBy('recorded_at')
    .limit(100)
    .execute();
  const verified = await db
    .selectFrom('artifact_fact')
    .select(['kind', 'value'])
    .where('digest', '=', key.digest)
    .where('kind', 'not in', ['component', 'layer'])
    .orderBy('kind')
    .orderBy('value')
    .limit(1000)
    .execute();
  return {
    claimed: claimed.map((row) => ({
      source: row.source,
      eventId: row.event_id,
      recordedAt: row.recorded_at.toISOString(),
      claim: row.claimed,
    })),
    verified,
  };
}

async function readFindings(db: Database, key: ArtifactKey): Promise<ArtifactDetail['openFindings']> {
  const rows = await db
    .selectFrom('finding')
    .select(['kind', 'detail', sql<Date>`found_at`.as('foundAt')])
    .where('subject', '=', subjectOf(key))
    .orderBy('id')
    .limit(1000)
    .execute();
  return rows.map((row) => ({
    kind: row.kind,
    detail: row.detail as Record<string, unknown>,
    foundAt: row.foundAt.toISOString(),
  }));
}
