/** Reports of other scanners: kept as they came, held against an artifact, and withdrawn by a row of their own. */
import { sql, type Transaction } from 'kysely';
import type { JudgedReport } from '../../domain/advisory/report/judged-report.ts';
import { toJudged } from '../../domain/advisory/report/judged-report.ts';
import { readReport } from '../../domain/advisory/report/read-report.ts';
import type { ReportBook, ReportReceipt } from '../../domain/advisory/report/report-book.ts';
import { ReportError } from '../../domain/advisory/report/report-error.ts';
import type { ReportedFinding, ScannerReport } from '../../domain/advisory/report/scanner-report.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type ArtifactKey, subjectOf } from '../../domain/artifact/subject.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import { type Database, type Executor, transact } from './database.ts';
import { judgeAgain } from './judge-again.ts';
import { withHolders, withInside } from './nesting.ts';
import { appendOutbox } from './outbox.ts';
import type { Schema } from './schema.ts';
import { isStorable } from './storable-json.ts';

type Trx = Transaction<Schema>;

/** Of one artifact and what it holds, that count. */
const MOST_REPORTS = 50;
/** Of one report: real ones stay far below. */
const MOST_FINDINGS = 20_000;
const REPORT_TYPE = 'application/vnd.pratique.scanner-report+json';

export function createReportBook(db: Database): ReportBook {
  return {
    async add(key, { text, source }, actor) {
      const report = readReport(text);
      const { findings } = report;
      if (findings.length > MOST_FINDINGS)
        throw new ReportError('REPORT_TOO_MANY', `more than ${MOST_FINDINGS} findings in one report`);
      if (!isStorable(JSON.stringify([report.scanner, report.version, findings])))
        throw new ReportError('REPORT_INVALID', 'the report contains NUL or half of a surrogate pair');
      return transact(db, (trx) => add(trx, key, { report, text, source }, actor));
    },
    withdraw: (key, digest, reason, actor) => transact(db, (trx) => withdraw(trx, key, digest, reason, actor)),
  };
}

interface ReadReport {
  readonly report: ScannerReport;
  readonly text: string;
  readonly source: string;
}

async function add(
  trx: Trx,
  key: ArtifactKey,
  { report, text, source }: ReadReport,
  actor: string,
): Promise<ReportReceipt> {
  const about = await placeOf(trx, key.digest, report.about);
  const { digest } = await createPostgresBlobStore(trx).put(new TextEncoder().encode(text), REPORT_TYPE);
  await refuseWithdrawn(trx, key, digest);
  const { scanner, version, findings } = report;
  const receipt = { digest, scanner, version, findings: findings.length, about, isNamed: report.about.length > 0 };
  const { numInsertedOrUpdatedRows: inserted = 0n } = await trx
    .insertInto('scanner_report')
    .values({
      ...{ artifact: key.digest, digest, about, named: receipt.isNamed, scanner, version, source },
      ...{ findings: JSON.stringify(findings), submitted_by: actor },
      advisories: [...new Set(findings.flatMap(({ ids }) => ids))],
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (inserted === 0n) return { ...receipt, isNew: false };
  await refuseTooMany(trx, key);
  await lookAgain(trx, [key.digest], false);
  await appendOutbox(trx, {
    ...{ subject: subjectOf(key), step: `report/${digest}`, type: 'artifact.report-added', actor },
    data: { report: digest, scanner, version, findings: findings.length, about, source },
  });
  return { ...receipt, isNew: true };
}

/** Also of the indexes that hold it: each is judged by its own and by those of all it holds. */
async function refuseTooMany(trx: Trx, key: ArtifactKey): Promise<void> {
  const { rows } = await sql<{ holder: Digest }>`
    select holder from unnest(${withHolders(key.digest)}) as holder
    where (select count(*) from scanner_report r where r.artifact = any(${withInside(sql`holder`)}) and ${standing()})
      > ${MOST_REPORTS}
    order by holder <> ${key.digest}, holder limit 1`.execute(trx);
  const [full] = rows;
  if (full !== undefined)
    throw new ReportError(
      'REPORT_TOO_MANY',
      `${full.holder} has ${MOST_REPORTS} reports that count: withdraw those of before`,
    );
}

/**
 * What was withdrawn counts no more: who brings it again is told, and does not think that it holds anything back. Also where it
 * was brought under an index that holds this one, or under what this one holds.
 */
async function refuseWithdrawn(trx: Trx, key: ArtifactKey, digest: Digest): Promise<void> {
  const { rows } = await sql<{ withdrawn_by: string; reason: string }>`
    select withdrawn_by, reason from scanner_report_withdrawal
    where digest = ${digest} and (artifact = any(${withInside(key.digest)}) or artifact = any(${withHolders(key.digest)}))
    order by withdrawn_at desc limit 1`.execute(trx);
  const [withdrawn] = rows;
  if (withdrawn === undefined) return;
  const { withdrawn_by: by, reason } = withdrawn;
  throw new ReportError(
    'REPORT_WITHDRAWN',
    `this report of ${key.digest} was withdrawn by ${by} (${reason}) and counts no more: scan again, and bring what that says`,
  );
}

/** That the report `r` was not withdrawn. */
export const standing = () => sql`not exists (select from scanner_report_withdrawal w
  where w.artifact = r.artifact and w.digest = r.digest)`;

/** The artifact, or the platform of it, whose manifest or configuration is named. Throws where all that is named is another's. */
async function placeOf(db: Executor, artifact: Digest, named: readonly string[]): Promise<Digest> {
  if (named.length === 0) return artifact;
  const { rows } = await sql<{ digest: Digest; config: string | null }>`
    select d.digest, c.config_digest as config from (
        select unnest(${withInside(artifact)}) as digest
        union select platform_digest from artifact_stock where digest = ${artifact}) d
      left join artifact_content c on c.digest = d.digest order by d.digest`.execute(db);
  const isNamed = ({ digest, config }: (typeof rows)[number]) =>
    named.includes(digest) || (config !== null && named.includes(config));
  // A platform before its index: a scanner looks at one of them.
  const found = rows.filter(isNamed).sort((a, b) => Number(a.digest === artifact) - Number(b.digest === artifact))[0];
  if (found !== undefined) return found.digest;
  throw new ReportError(
    'REPORT_OTHER_ARTIFACT',
    `the report is about ${named.slice(0, 3).join(', ')}, and not about ${artifact} or one of its platforms`,
  );
}

/** Whether it was brought under the artifact, or under what that holds. */
async function withdraw(trx: Trx, key: ArtifactKey, digest: string, reason: string, actor: string): Promise<void> {
  const { rows: brought } = await sql<{ artifact: Digest; scanner: string }>`
    select artifact, scanner from scanner_report
    where artifact = any(${withInside(key.digest)}) and digest = ${digest} order by artifact`.execute(trx);
  if (brought.length === 0) throw new ReportError('REPORT_UNKNOWN', `${key.digest} has no report ${digest}`);
  const withdrawn = await trx
    .insertInto('scanner_report_withdrawal')
    .values(brought.map(({ artifact }) => ({ artifact, digest, reason, withdrawn_by: actor })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('artifact')
    .execute();
  const artifacts = new Set(withdrawn.map(({ artifact }) => artifact));
  const ended = brought.filter(({ artifact }) => artifacts.has(artifact));
  if (ended.length === 0) return;
  await lookAgain(
    trx,
    ended.map(({ artifact }) => artifact),
    true,
  );
  for (const { artifact, scanner } of ended)
    await appendOutbox(trx, {
      ...{ subject: subjectOf({ ...key, digest: artifact }), step: `report/${digest}/withdrawn` },
      ...{ type: 'artifact.report-withdrawn', actor, data: { report: digest, scanner, reason } },
    });
}

/** Verdicts of before let nothing in; what runs or waits, in whatever repository, is judged again, and so is what holds it. */
async function lookAgain(trx: Trx, artifacts: readonly Digest[], eased: boolean): Promise<void> {
  const judged = withHolders(sql`unnest(${[...artifacts]}::text[])`);
  await sql`
    update stock set findings_version = findings_version + 1 where id in (
      select s.id from stock s where s.digest in (select stock from artifact_stock where digest = any(${judged}))
      order by s.id for no key update)`.execute(trx);
  const { rows } = await sql<ArtifactKey>`
    select repository, digest from artifact where digest = any(${judged})`.execute(trx);
  await judgeAgain(
    trx,
    rows.map((place) => ({ ...place, eased })),
  );
}

/** Those that count, as gates look at them: of the artifact, and of all it holds. */
export async function judgedReports(db: Executor, artifact: Digest): Promise<JudgedReport[]> {
  const { rows } = await sql<{
    digest: Digest;
    scanner: string;
    version: string;
    about: Digest;
    covers: Digest[];
    findings: ReportedFinding[];
  }>`
    select digest, scanner, version, about, ${withInside(sql`r.about`)} as covers, findings from scanner_report r
    where r.artifact = any(${withInside(artifact)}) and ${standing()} order by submitted_at, digest, artifact`.execute(
    db,
  );
  return rows.map(({ scanner, version, findings, ...row }) => ({
    ...row,
    scanner: version === '' ? scanner : `${scanner} ${version}`,
    findings: findings.map(toJudged),
  }));
}
