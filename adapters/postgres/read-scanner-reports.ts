/** Reports of other scanners about an artifact, held against what was found here. */
import { sql } from 'kysely';
import type { Finding } from '../../domain/advisory/finding.ts';
import { compareReport } from '../../domain/advisory/report/compare-report.ts';
import type { ReportedFinding } from '../../domain/advisory/report/scanner-report.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Executor } from './database.ts';
import { withInside } from './nesting.ts';

/** A vulnerability in a package that one of the two has and the other has not. */
export interface ReportDifference {
  advisory: string;
  purl: string | null;
  name: string;
  version: string;
  severity: string;
}

export interface ScannerReportSummary {
  digest: string;
  scanner: string;
  version: string;
  /** What it is held against: the artifact, or one platform of it. */
  about: string;
  /** The report says so itself; else who brought it does. */
  named: boolean;
  source: string;
  submittedBy: string;
  submittedAt: string;
  /** How many it has; how many of ours are among them; how many are only there, and only here. */
  findings: number;
  agreed: number;
  onlyTheirs: number;
  onlyOurs: number;
  /** The first of each. */
  theirs: ReportDifference[];
  ours: ReportDifference[];
  withdrawn: { by: string; reason: string; at: string } | null;
}

interface Row {
  digest: string;
  scanner: string;
  version: string;
  about: string;
  covers: string[];
  named: boolean;
  source: string;
  submitted_by: string;
  submitted_at: Date;
  findings: ReportedFinding[];
  withdrawn_by: string | null;
  reason: string | null;
  withdrawn_at: Date | null;
}

/** Of the artifact, and of all it holds; newest first; of differences the first `shown`. */
export async function readScannerReports(
  db: Executor,
  artifact: Digest,
  shown: number,
): Promise<ScannerReportSummary[]> {
  const { rows } = await sql<Row>`
    select r.*, ${withInside(sql`r.about`)} as covers, w.withdrawn_by, w.reason, w.withdrawn_at from scanner_report r
      left join scanner_report_withdrawal w on w.artifact = r.artifact and w.digest = r.digest
    where r.artifact = any(${withInside(artifact)}) order by r.submitted_at desc, r.digest, r.artifact`.execute(db);
  if (rows.length === 0) return [];
  const ours = await findingsByPlatform(db, artifact);
  return rows.map((row) => {
    const mine =
      row.about === artifact ? [...ours.values()].flat() : row.covers.flatMap((digest) => ours.get(digest) ?? []);
    const { agreed, onlyTheirs, onlyOurs } = compareReport(mine, row);
    return {
      ...{ digest: row.digest, scanner: row.scanner, version: row.version, about: row.about, named: row.named },
      ...{ source: row.source, submittedBy: row.submitted_by, submittedAt: row.submitted_at.toISOString() },
      ...{ findings: row.findings.length, agreed: agreed.length },
      ...{ onlyTheirs: onlyTheirs.length, onlyOurs: onlyOurs.length },
      theirs: onlyTheirs.slice(0, shown).map(({ ids, purl = null, name, version, severity }) => ({
        ...{ advisory: ids[0] ?? '', purl, name, version, severity },
      })),
      ours: onlyOurs.slice(0, shown).map(({ advisory, purl, name, version, severity }) => ({
        ...{ advisory, purl, name, version, severity },
      })),
      withdrawn:
        row.withdrawn_at === null
          ? null
          : { by: row.withdrawn_by ?? '', reason: row.reason ?? '', at: row.withdrawn_at.toISOString() },
    };
  });
}

async function findingsByPlatform(db: Executor, artifact: Digest): Promise<Map<string, Finding[]>> {
  const { rows } = await sql<{ platform: string; body: Finding }>`
    select distinct x.platform_digest as platform, f.component, f.position, f.body
    from artifact_stock x join stock s on s.digest = x.stock join stock_layer l on l.stock = s.id
      join layer_component m on m.layer_set = l.layer_set join component_finding f on f.component = m.component and f.decided
    where x.digest = ${artifact}`.execute(db);
  return new Map(
    [...Map.groupBy(rows, ({ platform }) => platform)].map(([platform, own]) => [
      platform,
      own.map(({ body }) => body),
    ]),
  );
}
