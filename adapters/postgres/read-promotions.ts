import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import { workflowIds } from '../../domain/artifact/subject.ts';
import type { WaitingFor } from '../../domain/promotion/promotion-book.ts';
import type { Database } from './database.ts';
import { newestDecision } from './newest-decision.ts';
import { askedAnewSince } from './promotion-approvals.ts';
import { type ApprovalSummary, readApprovals } from './read-approvals.ts';
import { exactTime, type Page, type PageRequest, pageOf } from './read-page.ts';
import type { PromotionRowState } from './schema/promotion.ts';
import type { Schema } from './schema.ts';

export interface PromotionSummary {
  /** `promotion/<environment>/<repository>@<digest>` */
  id: string;
  environment: string;
  repository: string;
  digest: string;
  generation: number;
  /** What went live and was taken out by an incident since is `quarantined`. */
  state: PromotionRowState;
  tag: string | null;
  rollback: boolean;
  requestedBy: string;
  reason: string;
  /** Null unless it waits. */
  waitingFor: WaitingFor | null;
  requestedAt: string;
  updatedAt: string;
  /** When it went live, also of what was taken out since; null where it did not. */
  liveAt: string | null;
  endedAt: string | null;
}

/** The incident that took out what a promotion had let in. */
interface TakenOut {
  readonly incident: string;
  readonly reason: string;
  /** Confirmed out or, until that is, fenced. */
  readonly at: string;
}

type StoredPromotion = Selectable<Schema['promotion']> & { readonly taken_out: TakenOut | null };

export interface PromotionDetail extends PromotionSummary {
  verdict: number | null;
  /** What is decided about: of one that may still be decided, that of the newest verdict; of one that ended, what it was then. */
  decisionDigest: string | null;
  approvals: ApprovalSummary[];
}

/**
 * Of a row of `promotion` that is live: which incident took it out of there; null where it holds its place. What went live before an
 * incident was confirmed out by it; a later promotion of the same artifact has a claim of its own.
 */
const takenOut = sql<TakenOut | null>`case when promotion.state = 'live' then (
  select jsonb_build_object('incident', s.incident, 'reason', i.reason, 'at', coalesce(s.confirmed_at, s.fenced_at))
  from incident_subject s join incident i on i.id = s.incident
  where s.digest = promotion.digest and coalesce(s.confirmed_at, s.released_at, 'infinity') > promotion.ended_at
    and not exists (
      select from placement p join placement_claim c using (environment, destination, digest)
      where p.environment = promotion.environment and p.digest = promotion.digest and p.state <> 'removed' and c.released_at is null
        and c.claim = 'promotion/' || promotion.environment || '/' || promotion.repository || '@' || promotion.digest || '#' || promotion.generation)
  order by s.confirmed_at, s.state = 'released', s.fenced_at limit 1) end`;

/** What `toPromotion` reads. */
export function selectPromotions(db: Database) {
  return db.selectFrom('promotion').selectAll().select(takenOut.as('taken_out'));
}

/** That it is shown in this state. */
const isShownAs = (state: PromotionRowState) => (eb: ExpressionBuilder<Schema, 'promotion'>) => {
  const isStored = eb('state', '=', state);
  if (state === 'live') return eb.and([isStored, eb(takenOut, 'is', null)]);
  return state === 'quarantined' ? eb.or([isStored, eb(takenOut, 'is not', null)]) : isStored;
};

export function toPromotion(row: StoredPromotion): PromotionSummary {
  const { taken_out: out } = row;
  const end = row.ended_at?.toISOString() ?? null;
  return {
    id: workflowIds.promotion(row.environment, { repository: row.repository, digest: row.digest as Digest }),
    environment: row.environment,
    repository: row.repository,
    digest: row.digest,
    generation: row.generation,
    state: out === null ? row.state : 'quarantined',
    tag: row.tag,
    rollback: row.rollback,
    requestedBy: row.requested_by,
    reason: out === null ? row.reason : `taken out by incident ${out.incident}: ${out.reason}`,
    waitingFor: row.waiting_for,
    requestedAt: row.requested_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    liveAt: row.state === 'live' ? end : null,
    endedAt: out === null ? end : new Date(out.at).toISOString(),
  };
}

/** Last requested first. */
export async function listPromotions(
  db: Database,
  filter: { readonly state: PromotionRowState | undefined; readonly environment: string | undefined },
  page: PageRequest,
): Promise<Page<PromotionSummary>> {
  let query = selectPromotions(db).select(exactTime('requested_at').as('position'));
  if (filter.state !== undefined) query = query.where(isShownAs(filter.state));
  if (filter.environment !== undefined) query = query.where('environment', '=', filter.environment);
  if (page.after !== undefined) {
    const [at, environment, repository, digest, generation] = page.after;
    query = query.where(
      sql<boolean>`(requested_at, environment, repository, digest, generation) < (${at}::timestamptz, ${environment}, ${repository}, ${digest}, ${generation}::integer)`,
    );
  }
  const rows = await query
    .orderBy('requested_at', 'desc')
    .orderBy('environment', 'desc')
    .orderBy('repository', 'desc')
    .orderBy('digest', 'desc')
    .orderBy('generation', 'desc')
    .limit(page.limit + 1)
    .execute();
  return pageOf(
    rows,
    page,
    (row) => [row.position, row.environment, row.repository, row.digest, String(row.generation)],
    toPromotion,
  );
}

/** The newest promotion of an artifact into an environment, with what was approved. */
export async function readPromotion(
  db: Database,
  environment: string,
  key: ArtifactKey,
): Promise<PromotionDetail | undefined> {
  const row = await selectPromotions(db)
    .select(newestDecision.as('newest_decision'))
    .where('environment', '=', environment)
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const isUndecided = row.state === 'requested' || row.state === 'waiting';
  const decision = isUndecided ? row.newest_decision : row.decision_digest;
  const anewSince = await askedAnewSince(db, { environment, ...key, generation: row.generation });
  const asked = {
    ...{ decision, requestedAt: row.requested_at.toISOString() },
    ...(anewSince === undefined ? {} : { anewSince: anewSince.toISOString() }),
  };
  return {
    ...toPromotion(row),
    verdict: row.verdict,
    decisionDigest: decision,
    approvals: await readApprovals(db, environment, key, asked),
  };
}
