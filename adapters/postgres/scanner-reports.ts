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
import { withInside } from './nesting.ts';
import { appendOutbox } from './outbox.ts';
import type { Schema } from './schema.ts';
import { isStorable } from './storable-json.ts';

type Trx = Transaction<Schema>;

/** Of one artifact, that count. */
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
  if (inserted === 0n) {
    await refuseWithdrawn(trx, key, digest);
    return { ...receipt, isNew: false };
  }
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from scanner_report r where r.artifact = ${key.digest} and ${standing()}`.execute(
    trx,
  );
  if ((rows[0]?.count ?? 0) > MOST_REPORTS)
    throw new ReportError(
      'REPORT_TOO_MANY',
      `${key.digest} has ${MOST_REPORTS} reports that count: withdraw those of before`,
    );
  await lookAgain(trx, key, false);
  await appendOutbox(trx, {
    ...{ subject: subjectOf(key), step: `report/${digest}`, type: 'artifact.report-added', actor },
    data: { report: digest, scanner, version, findings: findings.length, about, source },
  });
  return { ...receipt, isNew: true };
}

/** What was withdrawn counts no more: who brings it again is told, and does not think that it holds anything back. */
async function refuseWithdrawn(trx: Trx, key: ArtifactKey, digest: Digest): Promise<void> {
  const withdrawn = await trx
    .selectFrom('scanner_report_withdrawal')
    .select(['withdrawn_by', 'reason'])
    .where('artifact', '=', key.digest)
    .where('digest', '=', digest)
    .executeTakeFirst();
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

async function withdraw(trx: Trx, key: ArtifactKey, digest: string, reason: string, actor: string): Promise<void> {
  const known = await trx
    .selectFrom('scanner_report')
    .select('scanner')
    .where('artifact', '=', key.digest)
    .where('digest', '=', digest)
    .executeTakeFirst();
  if (known === undefined) throw new ReportError('REPORT_UNKNOWN', `${key.digest} has no report ${digest}`);
  const { numInsertedOrUpdatedRows: inserted = 0n } = await trx
    .insertInto('scanner_report_withdrawal')
    .values({ artifact: key.digest, digest, reason, withdrawn_by: actor })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (inserted === 0n) return;
  await lookAgain(trx, key, true);
  await appendOutbox(trx, {
    ...{ subject: subjectOf(key), step: `report/${digest}/withdrawn`, type: 'artifact.report-withdrawn', actor },
    data: { report: digest, scanner: known.scanner, reason },
  });
}

/** Verdicts of before let nothing in; what runs or waits, in whatever repository, is judged again. */
async function lookAgain(trx: Trx, { digest }: ArtifactKey, eased: boolean): Promise<void> {
  await sql`
    update stock set findings_version = findings_version + 1 where id in (
      select s.id from stock s where s.digest in (select stock from artifact_stock where digest = ${digest})
      order by s.id for no key update)`.execute(trx);
  const rows = await trx.selectFrom('artifact').select('repository').where('digest', '=', digest).execute();
  await judgeAgain(
    trx,
    rows.map(({ repository }) => ({ repository, digest, eased })),
  );
}

/** Those that count, as gates look at them. */
export async function judgedReports(db: Executor, artifact: Digest): Promise<JudgedReport[]> {
  const { rows } = await sql<{
    digest: Digest;
    scanner: string;
    version: string;
    about: Digest;
    findings: ReportedFinding[];
  }>`
    select digest, scanner, version, about, findings from scanner_report r
    where r.artifact = ${artifact} and ${standing()} order by submitted_at, digest`.execute(db);
  return rows.map(({ scanner, version, findings, ...row }) => ({
    ...row,
    scanner: version === '' ? scanner : `${scanner} ${version}`,
    findings: findings.map(toJudged),
  }));
}
