import { sql, type Transaction } from 'kysely';
import type { ScanResult } from '../../domain/advisory/finding.ts';
import type { BlobStore } from '../../domain/artifact/blob-store.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { PlatformStock, StockBook, StoredStock } from '../../domain/policy/verdict-book.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import { type Database, transact } from './database.ts';
import { refenceSelected } from './fence.ts';
import type { Schema } from './schema.ts';
import { storeLayers } from './stock-layers.ts';

const STOCK_TYPE = 'application/vnd.pratique.stock.v1+json';
const SCAN_TYPE = 'application/vnd.pratique.scan.v1+json';
/** Parsed stocks kept per process: a shared base is read once. */
const KEPT_STOCKS = 32;

export function createStockBook(db: Database): StockBook {
  const blobs = createPostgresBlobStore(db);
  const kept = new Map<Digest, Stock>();
  const keep = (digest: Digest, stock: Stock): Stock => {
    kept.set(digest, stock);
    if (kept.size > KEPT_STOCKS) kept.delete(kept.keys().next().value as Digest);
    return stock;
  };
  const readScan = async (row: { report: string; scanned_at: Date }) => ({
    result: JSON.parse(new TextDecoder().decode(await blobs.get(row.report as Digest))) as ScanResult,
    at: row.scanned_at.toISOString(),
  });
  return {
    record: (artifact, platforms) =>
      transact(db, async (trx) => {
        const stored: StoredStock[] = [];
        for (const platform of platforms) stored.push(await recordPlatform(trx, artifact, platform));
        await refenceSelected(trx, [artifact, ...platforms.map((platform) => platform.digest)]);
        return stored;
      }),
    async platforms(artifact) {
      const rows = await db
        .selectFrom('artifact_stock')
        .leftJoin('artifact_content', 'artifact_content.digest', 'artifact_stock.platform_digest')
        .select(['platform_digest', 'platform', 'stock', 'artifact_content.created'])
        .where('artifact_stock.digest', '=', artifact)
        .orderBy('platform')
        .execute();
      return rows.map((row) => ({
        digest: row.platform_digest as Digest,
        platform: row.platform,
        stock: (row.stock ?? undefined) as Digest | undefined,
        created: row.created ?? undefined,
      }));
    },
    async stock(digest) {
      return kept.get(digest) ?? keep(digest, JSON.parse(new TextDecoder().decode(await blobs.get(digest))) as Stock);
    },
    async scan(stock, databaseDigest) {
      const row = await db
        .selectFrom('scan')
        .innerJoin('blob', 'blob.digest', 'scan.report')
        .select(['report', 'scanned_at', 'blob.size', 'blob.media_type'])
        .where('stock', '=', stock)
        .where('database_digest', '=', databaseDigest)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      // A scan that found the database unchanged is as fresh as one made now.
      await db
        .updateTable('scan')
        .set({ scanned_at: sql<Date>`now()` })
        .where('stock', '=', stock)
        .where('database_digest', '=', databaseDigest)
        .where('scanned_at', '<', sql<Date>`now() - interval '1 minute'`)
        .execute();
      return {
        ...(await readScan(row)),
        report: { digest: row.report as Digest, size: row.size, mediaType: row.media_type },
      };
    },
    recordScan: (stock, result) => recordScan(db, blobs, stock, result),
    async newestScan(stock) {
      const row = await db
        .selectFrom('scan')
        .select(['report', 'scanned_at'])
        .where('stock', '=', stock)
        .orderBy('scanned_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : readScan(row);
    },
  };
}

async function recordScan(db: Database, blobs: BlobStore, stock: Digest, result: ScanResult) {
  const report = await blobs.put(new TextEncoder().encode(canonicalJson(result)), SCAN_TYPE);
  const order = ['unknown', 'none', 'low', 'medium', 'high', 'critical'];
  const highest = result.findings.reduce(
    (worst, { severity }) => (order.indexOf(severity) > order.indexOf(worst) ? severity : worst),
    'none' as string,
  );
  await db
    .insertInto('scan')
    .values({
      stock,
      database_digest: result.database.digest,
      report: report.digest,
      highest,
      findings: result.findings.length,
    })
    .onConflict((conflict) =>
      conflict.columns(['stock', 'database_digest']).doUpdateSet({
        report: report.digest,
        highest,
        findings: result.findings.length,
        scanned_at: sql<Date>`now()`,
      }),
    )
    .execute();
  return report;
}

async function recordPlatform(
  trx: Transaction<Schema>,
  artifact: Digest,
  platform: PlatformStock,
): Promise<StoredStock> {
  const stock = platform.stock === undefined ? undefined : await recordStock(trx, platform.stock);
  await trx
    .insertInto('artifact_stock')
    .values({
      digest: artifact,
      platform_digest: platform.digest,
      platform: platform.platform,
      stock: stock ?? null,
      failure: platform.failure ?? null,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['digest', 'platform_digest'])
        .doUpdateSet({ stock: stock ?? null, failure: platform.failure ?? null, taken_at: sql<Date>`now()` }),
    )
    .execute();
  return { digest: platform.digest, platform: platform.platform, stock };
}

async function recordStock(trx: Transaction<Schema>, stock: Stock): Promise<Digest> {
  const { digest } = await createPostgresBlobStore(trx).put(new TextEncoder().encode(canonicalJson(stock)), STOCK_TYPE);
  const inserted = await trx
    .insertInto('stock')
    .values({ digest, complete: stock.complete, component_count: stock.components.length })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .executeTakeFirst();
  if ((inserted.numInsertedOrUpdatedRows ?? 0n) > 0n) await storeLayers(trx, digest, stock);
  return digest;
}
