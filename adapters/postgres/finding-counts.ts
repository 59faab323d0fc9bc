/** Where a finding that runs counts: decisions may take it out of the count in one artifact or environment, and not in another. */
import { sql } from 'kysely';
import { type DecisionPlace, decideFindings } from '../../domain/advisory/decision/decide-findings.ts';
import type { FindingDecision } from '../../domain/advisory/decision/decision.ts';
import { type Finding, isSuppressed, namesOf } from '../../domain/advisory/finding.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { findEnvironment } from '../../domain/policy/environments.ts';
import type { RunningFinding } from '../../domain/policy/finding-incidents.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Database, Executor } from './database.ts';
import { decisionsAbout } from './decision-rows.ts';
import { committersOf } from './promotion-approvals.ts';

interface Row {
  body: Finding;
  repository: string;
  digest: Digest;
  platform_digest: Digest;
  environment: string;
}

/** Those of the environments it runs in that have it in an artifact where nothing takes it out of the count. */
export async function countsIn(
  db: Database,
  policy: Policy,
  { purl, advisory, environments }: Pick<RunningFinding, 'purl' | 'advisory' | 'environments'>,
): Promise<string[]> {
  const { rows: bodies } = await sql<{ body: Finding }>`
    select body from component_finding f join component c on c.id = f.component
    where f.advisory = ${advisory} and f.decided and regexp_replace(c.purl, '[?#].*$', '') = ${purl}`.execute(db);
  const decisions = await decisionsAbout(
    db,
    bodies.flatMap(({ body }) => namesOf(body)),
  );
  if (decisions.length === 0) return [...environments];
  const { rows } = await sql<Row>`
    select distinct f.body, a.repository, a.digest, x.platform_digest, p.environment
    from component_finding f join component c on c.id = f.component join layer_component m on m.component = f.component
      join stock_layer l on l.layer_set = m.layer_set join stock s on s.id = l.stock
      join artifact_contents x on x.stock = s.digest join artifact a on a.digest = x.digest
      join placement p on p.digest = x.digest and p.state = 'live'
    where f.advisory = ${advisory} and f.decided and regexp_replace(c.purl, '[?#].*$', '') = ${purl}`.execute(db);
  const counting = new Set<string>();
  for (const { body, repository, digest, platform_digest, environment } of rows) {
    if (counting.has(environment)) continue;
    const place = { repository, digests: [digest, platform_digest] };
    if (!(await isTakenOut(db, policy, body, decisions, place, environment))) counting.add(environment);
  }
  return [...counting].sort();
}

/** Whether a decision holds that takes this finding out of the count in this environment, by the policy in force. */
export async function isTakenOut(
  db: Executor,
  policy: Policy,
  finding: Finding,
  decisions: readonly FindingDecision[],
  place: DecisionPlace,
  environment: string | undefined,
): Promise<boolean> {
  const rules = policy.document.findingDecisions;
  const mode = environment === undefined ? undefined : findEnvironment(policy, environment)?.mode;
  const isAsked = rules.notCommitter && mode === 'enforce';
  const committers = isAsked
    ? ((await committersOf(db, place.digests[0] as Digest)) ?? ('unknown' as const))
    : undefined;
  const [decided] = decideFindings([finding], decisions, {
    ...place,
    environment,
    now: new Date().toISOString(),
    rules,
    ...(committers === undefined ? {} : { committers }),
  });
  return decided !== undefined && isSuppressed(decided);
}
