/** Stock and findings of each platform of an artifact, in numbers, and what was decided about them for every environment. */
import { sql } from 'kysely';
import { decideFindings } from '../../domain/advisory/decision/decide-findings.ts';
import type { DecisionRules } from '../../domain/advisory/decision/decision.ts';
import { type Finding, isSuppressed, namesOf, severities } from '../../domain/advisory/finding.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { Database } from './database.ts';
import { decisionsAbout } from './decision-rows.ts';
import { readPolicy } from './parse-stored-policy.ts';
import { newestPolicy } from './policy-in-force.ts';
import { createPostgresThreats } from './threats.ts';

/** Stock and newest scan of one platform of an artifact. */
export interface PlatformSummary {
  digest: string;
  platform: string;
  components: number | null;
  complete: boolean | null;
  failure: string | null;
  /** All of them; null where it was never scanned. */
  findings: number | null;
  /** Of those that no decision takes out. */
  highest: string | null;
  /** Of all findings, those that attackers are known to use. */
  knownExploited: number;
  /** Components that upstream's records were not asked about: the advisories of the distribution answer for them. */
  leftToDistribution: number;
  /** The first of those that something was decided about. */
  decided: { advisory: string; purl: string; state: string; decision: string; until: string | null }[];
  scannedAt: string | null;
}

interface Row {
  platform_digest: string;
  platform: string;
  failure: string | null;
  stock: string | null;
  component_count: number | null;
  complete: boolean | null;
  scanned_at: Date | null;
  left_count: number;
  bodies: Finding[] | null;
}

const DECIDED_SHOWN = 50;

export async function readPlatforms(db: Database, key: ArtifactKey): Promise<PlatformSummary[]> {
  const { rows } = await sql<Row>`
    select x.platform_digest, x.platform, x.failure, x.stock, s.component_count, s.complete,
      case when s.scanned_at is not null then greatest(s.scanned_at, r.ended_at) end as scanned_at,
      (select count(distinct c.id)::int from stock_layer l join layer_component m on m.layer_set = l.layer_set
        join component c on c.id = m.component where l.stock = s.id and c.is_left) as left_count,
      (select jsonb_agg(f.body order by f.component, f.position) from (
          select distinct m.component from stock_layer l join layer_component m on m.layer_set = l.layer_set
          where l.stock = s.id) c
        join component_finding f on f.component = c.component and f.decided) as bodies
    from artifact_stock x left join stock s on s.digest = x.stock cross join rescan_state r
    where x.digest = ${key.digest} order by x.platform`.execute(db);
  const names = rows.flatMap(({ bodies }) => (bodies ?? []).flatMap(namesOf));
  const [decisions, threats, rules] = await Promise.all([
    decisionsAbout(db, names),
    createPostgresThreats(db).threats([...new Set(names)]),
    readDecisionRules(db),
  ]);
  const now = new Date().toISOString();
  return rows.map((row) => {
    const digests = [...new Set([key.digest as string, row.platform_digest])];
    const context = { repository: key.repository, digests, environment: undefined, now, rules };
    const findings = decideFindings(row.bodies ?? [], decisions, context);
    const exploited = findings.filter((finding) =>
      namesOf(finding).some((name) => threats.get(name)?.kev !== undefined),
    );
    return {
      ...{ digest: row.platform_digest, platform: row.platform, failure: row.failure },
      ...{ components: row.component_count, complete: row.complete },
      findings: row.scanned_at === null ? null : findings.length,
      highest: highestOf(findings.filter((finding) => !isSuppressed(finding))),
      knownExploited: exploited.length,
      leftToDistribution: row.left_count,
      decided: findings.flatMap(decidedOf).slice(0, DECIDED_SHOWN),
      scannedAt: row.scanned_at?.toISOString() ?? null,
    };
  });
}

/** Where no policy is in force, as one that says nothing of it. */
export async function readDecisionRules(db: Database): Promise<DecisionRules> {
  const row = await newestPolicy(db);
  if (row === undefined) return { acceptedRisk: 90 * 86_400, notCommitter: false };
  return readPolicy(row.body, row.file_name).document.findingDecisions;
}

function decidedOf({ advisory, purl, vex, ignored, decision }: Finding): PlatformSummary['decided'] {
  if (decision === undefined) return [];
  const state = ignored === undefined ? (vex?.status ?? 'affected') : 'accepted_risk';
  return [{ advisory, purl, state, decision: decision.id, until: decision.until ?? null }];
}

/** `unknown` where nothing is rated; null where there is nothing. */
function highestOf(findings: readonly Finding[]): string | null {
  if (findings.length === 0) return null;
  const rated = findings.map(({ severity }) => severities.indexOf(severity as (typeof severities)[number]));
  return severities[Math.max(...rated)] ?? 'unknown';
}
