import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { Database } from './database.ts';

/** Stock and newest scan of one platform of an artifact, in numbers. */
export interface PlatformSummary {
  digest: string;
  platform: string;
  components: number | null;
  complete: boolean | null;
  failure: string | null;
  findings: number | null;
  highest: string | null;
  scannedAt: string | null;
}

export async function readPlatforms(db: Database, key: ArtifactKey): Promise<PlatformSummary[]> {
  const rows = await db
    .selectFrom('artifact_stock as s')
    .leftJoin('stock', 'stock.digest', 's.stock')
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('scan')
          .select(['scan.findings', 'scan.highest', 'scan.scanned_at'])
          .whereRef('scan.stock', '=', 's.stock')
          .orderBy('scan.scanned_at', 'desc')
          .limit(1)
          .as('newest'),
      (join) => join.onTrue(),
    )
    .select(['s.platform_digest', 's.platform', 's.failure', 'stock.component_count', 'stock.complete'])
    .select(['newest.findings', 'newest.highest', 'newest.scanned_at'])
    .where('s.digest', '=', key.digest)
    .orderBy('s.platform')
    .execute();
  return rows.map((row) => ({
    digest: row.platform_digest,
    platform: row.platform,
    components: row.component_count,
    complete: row.complete,
    failure: row.failure,
    findings: row.findings,
    highest: row.highest,
    scannedAt: row.scanned_at?.toISOString() ?? null,
  }));
}
