/** From decisions to the findings they are about: in which artifacts, whatever the time and the environment. */
import { sql } from 'kysely';
import { scopeTest } from '../../domain/advisory/decision/decide-findings.ts';
import type { FindingDecision } from '../../domain/advisory/decision/decision.ts';
import { type Finding, namesOf } from '../../domain/advisory/finding.ts';
import { toJudged } from '../../domain/advisory/report/judged-report.ts';
import type { ReportedFinding } from '../../domain/advisory/report/scanner-report.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { advisoryIdsOf } from './advisory-names.ts';
import type { Executor } from './database.ts';
import { decisionsAbout } from './decision-rows.ts';
import { withHolders, withInside } from './nesting.ts';

/** A finding in one platform of an artifact. */
export interface Reached {
  readonly decision: FindingDecision;
  readonly finding: Finding;
  readonly stock: number;
  readonly repository: string;
  readonly digest: Digest;
  readonly platform: string;
  readonly platformDigest: Digest;
  /** Another scanner has it, and nothing of ours: gates may ask for it, incidents do not. */
  readonly isReported?: true;
}

/** Findings of one component version, and who has it. */
async function findingsOf(db: Executor, ids: readonly string[]): Promise<{ component: number; finding: Finding }[]> {
  const { rows } = await sql<{ component: number; body: Finding }>`
    select component, body from component_finding where advisory = any(${[...ids]}::text[]) and decided`.execute(db);
  return rows.map(({ component, body }) => ({ component, finding: body }));
}

interface Place {
  component: number;
  stock: number;
  repository: string;
  digest: Digest;
  platform: string;
  platform_digest: Digest;
}

async function placesOf(db: Executor, components: readonly number[]): Promise<Map<number, Place[]>> {
  const { rows } = await sql<Place>`
    select distinct m.component, s.id as stock, a.repository, a.digest, x.platform, x.platform_digest
    from layer_component m join stock_layer l on l.layer_set = m.layer_set join stock s on s.id = l.stock
      join artifact_contents x on x.stock = s.digest join artifact a on a.digest = x.digest
    where m.component = any(${[...components]}::bigint[]) order by a.repository, a.digest, x.platform`.execute(db);
  return Map.groupBy(rows, ({ component }) => component) as Map<number, Place[]>;
}

export async function reachOf(db: Executor, decisions: readonly FindingDecision[]): Promise<Reached[]> {
  const ids = await advisoryIdsOf(
    db,
    decisions.flatMap(({ advisories }) => advisories),
  );
  const findings = await findingsOf(db, ids);
  const named = findings.flatMap(({ component, finding }) => {
    const names = namesOf(finding);
    const about = decisions.filter(({ advisories }) => advisories.some((name) => names.includes(name)));
    return about.map((decision) => ({ component, finding, decision }));
  });
  const reported = await reportedReach(db, decisions);
  if (named.length === 0) return reported;
  const places = await placesOf(db, [...new Set(named.map(({ component }) => component))]);
  const own = named.flatMap(({ component, finding, decision }) =>
    (places.get(component) ?? []).flatMap(
      ({ stock, repository, digest, platform, platform_digest: platformDigest }) => {
        const isAbout = scopeTest(decision, { repository, digests: [digest, platformDigest] });
        return isAbout(finding) ? [{ decision, finding, stock, repository, digest, platform, platformDigest }] : [];
      },
    ),
  );
  return [...own, ...reported];
}

/**
 * Which of these are about nothing that another decision is about that stands, by whatever name. Not those that a report of
 * another scanner knows of: it may have names for them that nothing of ours has.
 */
export async function firstOnes(
  db: Executor,
  decisions: readonly FindingDecision[],
): Promise<(decision: FindingDecision) => boolean> {
  const asked = decisions.flatMap(({ advisories }) => advisories);
  const findings = await findingsOf(db, await advisoryIdsOf(db, asked));
  const groups = findings.map(({ finding }) => namesOf(finding));
  const others = (await decisionsAbout(db, [...asked, ...groups.flat()])).map(({ id, advisories }) => {
    const names = new Set([
      ...advisories,
      ...groups.filter((group) => group.some((name) => advisories.includes(name))).flat(),
    ]);
    return { id, names };
  });
  const { rows: reported } = await sql<{ advisory: string }>`
    select distinct unnest(advisories) as advisory from scanner_report where advisories && ${asked}::text[]`.execute(
    db,
  );
  const inReports = new Set(reported.map(({ advisory }) => advisory));
  return ({ id, advisories }) =>
    !advisories.some((name) => inReports.has(name)) &&
    others.every((other) => other.id === id || !advisories.some((name) => other.names.has(name)));
}

/** What reports of other scanners say of artifacts, and a decision is about. */
async function reportedReach(db: Executor, decisions: readonly FindingDecision[]): Promise<Reached[]> {
  const names = [...new Set(decisions.flatMap(({ advisories }) => advisories))];
  const { rows } = await sql<Omit<Place, 'component'> & { findings: ReportedFinding[] }>`
    select r.findings, s.id as stock, a.repository, a.digest, x.platform, x.platform_digest
    from scanner_report r cross join unnest(${withHolders(sql`r.artifact`)}) as holder (digest)
      join artifact_stock x on x.digest = holder.digest
        and (r.about = x.digest or x.platform_digest = any(${withInside(sql`r.about`)}))
      join stock s on s.digest = x.stock join artifact a on a.digest = x.digest
    where r.advisories && ${names}::text[] and not exists (select from scanner_report_withdrawal w
      where w.artifact = r.artifact and w.digest = r.digest)
    order by a.repository, a.digest, x.platform, r.digest`.execute(db);
  return rows.flatMap(({ findings, stock, repository, digest, platform, platform_digest: platformDigest }) => {
    const place = { stock, repository, digest, platform, platformDigest };
    return decisions.flatMap((decision) => {
      const isAbout = scopeTest(decision, { repository, digests: [digest, platformDigest] });
      return findings
        .filter(({ ids }) => ids.some((id) => decision.advisories.includes(id)))
        .map((one) => toJudged(one).finding)
        .filter(isAbout)
        .map((finding) => ({ decision, finding, ...place, isReported: true as const }));
    });
  });
}

/** Their verdicts are of before: each is judged again before anything enters. */
export async function outdateVerdicts(db: Executor, reached: readonly Reached[]): Promise<void> {
  const stocks = [...new Set(reached.map(({ stock }) => stock))];
  if (stocks.length === 0) return;
  await sql`
    update stock set findings_version = findings_version + 1 where id in (
      select id from stock where id = any(${stocks}::integer[]) order by id for no key update)`.execute(db);
}
