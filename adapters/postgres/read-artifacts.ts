/** Artifacts as the API lists them, and what a reference stands for. */
import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { ImageReference } from '../../domain/artifact/reference.ts';
import type { ArtifactState } from '../../domain/artifact/state.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { Database } from './database.ts';
import { isLiveIn, runsSomewhere } from './live-in.ts';
import { exactTime, type Page, type PageRequest, pageOf } from './read-page.ts';

export interface ArtifactSummary {
  repository: string;
  digest: string;
  mediaType: string | null;
  kind: string | null;
  phase: string;
  outcome: string | null;
  reason: string;
  generation: number;
  tags: string[];
  /** Environments that have it now. */
  environments: string[];
  fenced: boolean;
  firstSeen: string;
  updatedAt: string;
}

export interface ArtifactFilter {
  readonly repository: string | undefined;
  readonly environment: string | undefined;
  /** As it is shown, whatever the run was doing. */
  readonly phase: ArtifactState | undefined;
}

const isFenced = sql<boolean>`exists (select from artifact_fence f where f.digest = a.digest and f.state = 'fenced')`;

function summaries(db: Database) {
  return db
    .selectFrom('artifact as a')
    .select(['a.repository', 'a.digest', 'a.media_type', 'a.kind', 'a.phase', 'a.outcome', 'a.reason', 'a.generation'])
    .select(['a.first_seen', 'a.updated_at', exactTime('a.updated_at').as('position')])
    .select(
      sql<
        string[]
      >`array(select tag from tag t where t.repository = a.repository and t.digest = a.digest order by tag)`.as('tags'),
    )
    .select(
      sql<
        string[]
      >`array(select distinct environment from placement p where p.digest = a.digest and ${isLiveIn({ place: 'p', repository: 'a.repository' })} order by 1)`.as(
        'environments',
      ),
    )
    .select(isFenced.as('fenced'));
}

type SummaryRow = Awaited<ReturnType<ReturnType<typeof summaries>['execute']>>[number];

function toSummary(row: SummaryRow): ArtifactSummary {
  return {
    repository: row.repository,
    digest: row.digest,
    mediaType: row.media_type,
    kind: row.kind,
    phase: row.phase,
    outcome: row.outcome,
    reason: row.reason,
    generation: row.generation,
    tags: row.tags,
    environments: row.environments,
    fenced: row.fenced,
    firstSeen: row.first_seen.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** Last changed first. */
export async function listArtifacts(
  db: Database,
  filter: ArtifactFilter,
  page: PageRequest,
): Promise<Page<ArtifactSummary>> {
  const { repository, environment, phase } = filter;
  let query = summaries(db);
  if (repository !== undefined) query = query.where('a.repository', '=', repository);
  if (phase !== undefined)
    query = query.where(
      sql<boolean>`case when ${isFenced} then 'quarantined' else coalesce(a.outcome, a.phase) end = ${phase}`,
    );
  if (environment !== undefined) query = query.where(runsSomewhere('a', environment));
  if (page.after !== undefined) {
    const [at, name, digest] = page.after;
    query = query.where(
      sql<boolean>`(a.updated_at, a.repository, a.digest) < (${at}::timestamptz, ${name}, ${digest})`,
    );
  }
  const rows = await query
    .orderBy('a.updated_at', 'desc')
    .orderBy('a.repository', 'desc')
    .orderBy('a.digest', 'desc')
    .limit(page.limit + 1)
    .execute();
  return pageOf(rows, page, (row) => [row.position, row.repository, row.digest], toSummary);
}

export async function readArtifactSummary(db: Database, key: ArtifactKey): Promise<ArtifactSummary | undefined> {
  const row = await summaries(db)
    .where('a.repository', '=', key.repository)
    .where('a.digest', '=', key.digest)
    .executeTakeFirst();
  return row === undefined ? undefined : toSummary(row);
}

/** What people may write for an artifact: a reference, or a digest alone. */
export type ArtifactReference = ImageReference | { readonly repository: undefined; readonly digest: Digest };

/**
 * The artifact a reference stands for, where it was pushed. A tag is looked up among pushed tags, then among the tags
 * of environments; a digest in an environment's repository, or alone, is the artifact that was pushed first with it.
 */
export async function resolveArtifact(db: Database, reference: ArtifactReference): Promise<ArtifactKey | undefined> {
  const { repository } = reference;
  let { digest } = reference;
  if (digest === undefined && repository !== undefined)
    digest = await digestOfTag(db, repository, ('tag' in reference ? reference.tag : undefined) ?? 'latest');
  if (digest === undefined) return undefined;
  const rows = await db
    .selectFrom('artifact')
    .select('repository')
    .where('digest', '=', digest)
    .orderBy('first_seen')
    .orderBy('repository')
    .execute();
  const exact = rows.find((row) => row.repository === repository);
  if (exact !== undefined || repository === undefined) {
    const found = exact ?? rows[0];
    return found === undefined ? undefined : { repository: found.repository, digest };
  }
  const placed = await db
    .selectFrom('placement')
    .select('digest')
    .where('destination', '=', repository)
    .where('digest', '=', digest)
    .executeTakeFirst();
  const first = rows[0];
  return placed === undefined || first === undefined ? undefined : { repository: first.repository, digest };
}

async function digestOfTag(db: Database, repository: string, tag: string): Promise<Digest | undefined> {
  const pushed = await db
    .selectFrom('tag')
    .select('digest')
    .where('repository', '=', repository)
    .where('tag', '=', tag)
    .executeTakeFirst();
  if (pushed !== undefined) return pushed.digest as Digest;
  const promoted = await db
    .selectFrom('channel')
    .select('digest')
    .where('destination', '=', repository)
    .where('tag', '=', tag)
    .orderBy('moved_at', 'desc')
    .executeTakeFirst();
  return promoted?.digest as Digest | undefined;
}

/** Digests that begin so, two at most: enough to know whether there is one. */
export async function digestsFrom(db: Database, begin: string): Promise<string[]> {
  const rows = await db
    .selectFrom('artifact')
    .select('digest')
    .distinct()
    .where(sql<boolean>`starts_with(digest, ${begin})`)
    .limit(2)
    .execute();
  return rows.map(({ digest }) => digest);
}

export async function isSeenRepository(db: Database, repository: string): Promise<boolean> {
  const row = await db
    .selectFrom('artifact')
    .select('digest')
    .where('repository', '=', repository)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
