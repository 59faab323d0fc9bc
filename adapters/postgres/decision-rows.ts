/** Decisions about findings as they are stored, with what became of each. */
import { type RawBuilder, sql } from 'kysely';
import type { DecisionState, FindingDecision } from '../../domain/advisory/decision/decision.ts';
import type { VexProduct } from '../../domain/advisory/vex/statement.ts';
import type { Role } from '../../domain/identity/role.ts';
import type { Executor } from './database.ts';
import { exactTime, type Page, type PageRequest, pageOf } from './read-page.ts';

interface Row {
  id: string;
  advisories: string[];
  state: DecisionState;
  justification: string | null;
  reason: string;
  owner: string;
  component: string | null;
  artifact: string | null;
  environment: string | null;
  products: VexProduct[] | null;
  expires_at: Date | null;
  principal: string;
  made_role: Role;
  made_at: Date;
  at: string;
  document: string | null;
  author: string | null;
  stated_at: Date | null;
  revoked_by: string | null;
  revoked_reason: string | null;
  revoked_at: Date | null;
}

/** One person is one principal, whatever token made it. */
const select = sql`
  select d.*, ${exactTime('d.made_at')} as at, coalesce(p.subject, d.made_by) as principal, v.author,
    r.revoked_by, r.reason as revoked_reason, r.revoked_at
  from finding_decision d left join finding_decision_revocation r on r.decision = d.id
    left join vex_document v on v.digest = d.document
    left join principal_alias p on p.kind = 'subject' and p.value = d.made_by`;

const notNull = <K extends string, V>(key: K, value: V | null) =>
  (value === null ? {} : { [key]: value }) as { [P in K]?: V };
const notNullTime = <K extends string>(key: K, value: Date | null) => notNull(key, value?.toISOString() ?? null);

function toDecision(row: Row): FindingDecision {
  const { document, revoked_by: by, revoked_reason: reason, revoked_at: at } = row;
  return {
    ...{ id: row.id, advisories: row.advisories, state: row.state, reason: row.reason, owner: row.owner },
    ...notNull('justification', row.justification),
    scope: {
      ...notNull('component', row.component),
      ...notNull('artifact', row.artifact),
      ...notNull('environment', row.environment),
      ...notNull('products', row.products),
    },
    ...notNullTime('expires', row.expires_at),
    ...{ madeBy: row.principal, role: row.made_role, madeAt: row.made_at.toISOString() },
    ...(document === null
      ? {}
      : { document: { digest: document, ...notNull('author', row.author), ...notNullTime('at', row.stated_at) } }),
    ...(by === null || at === null ? {} : { revoked: { by, reason: reason ?? '', at: at.toISOString() } }),
  };
}

async function read(db: Executor, rest: RawBuilder<unknown>): Promise<Row[]> {
  const { rows } = await sql<Row>`${select} ${rest}`.execute(db);
  return rows;
}

/**
 * What stands about vulnerabilities of these names: not revoked, and not found to be over, whatever the caller's clock says.
 * Whether it holds, and where, the caller finds out.
 */
export async function decisionsAbout(db: Executor, names: readonly string[]): Promise<FindingDecision[]> {
  if (names.length === 0) return [];
  const rows = await read(
    db,
    sql`where d.advisories && ${[...new Set(names)]}::text[] and r.decision is null
      and (d.expires_at is null or d.expires_at > now() - interval '1 hour')
      and not exists (select from finding_decision_news n where n.decision = d.id and n.what = 'expired')`,
  );
  return rows.map(toDecision);
}

export async function decisionsById(db: Executor, ids: readonly string[]): Promise<FindingDecision[]> {
  return (await read(db, sql`where d.id = any(${[...ids]}::text[]) order by d.made_at, d.id`)).map(toDecision);
}

export interface DecisionFilter {
  /** By any of its names. */
  readonly advisory: string | undefined;
  /** Those too that were revoked, or are over. */
  readonly ended: boolean;
}

/** Newest first. */
export async function listDecisions(
  db: Executor,
  { advisory, ended }: DecisionFilter,
  request: PageRequest,
): Promise<Page<FindingDecision>> {
  const [at, id] = request.after ?? [];
  const rows = await read(
    db,
    sql`where ${advisory === undefined ? sql`true` : sql`d.advisories @> ${[advisory]}::text[]`}
      and ${ended ? sql`true` : sql`r.decision is null and (d.expires_at is null or d.expires_at > now())`}
      and ${at === undefined ? sql`true` : sql`(d.made_at, d.id) < (${at}::timestamptz, ${id ?? ''})`}
      order by d.made_at desc, d.id desc limit ${request.limit + 1}`,
  );
  return pageOf(rows, request, (row) => [row.at, row.id], toDecision);
}
