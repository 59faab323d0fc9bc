import { sql, type Transaction } from 'kysely';
import type { ScanResult } from '../../domain/advisory/finding.ts';
import type { BlobStore } from '../../domain/artifact/blob-store.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { PlatformStock, StockBook, StoredStock } from '../../domain/policy/verdict-book.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { recordAttestedStocks } from './attested-stocks.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import { matchStock } from './component-matches.ts';
import { type Database, transact } from './database.ts';
import { refenceSelected } from './fence.ts';
import { markLiveStocks } from './live-stocks.ts';
import type { Schema } from './schema.ts';
import { storeLayers } from './stock-layers.ts';
import { readStockScan, type StockScan } from './stock-scans.ts';

const STOCK_TYPE = 'application/vnd.pratique.stock.v1+json';
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
  const readStock = async (digest: Digest): Promise<Stock> =>
    kept.get(digest) ?? keep(digest, JSON.parse(new TextDecoder().decode(await blobs.get(digest))) as Stock);
  return {
    record: (artifact, platforms) =>
      transact(db, async (trx) => {
        const stored: StoredStock[] = [];
        for (const platform of platforms) stored.push(await recordPlatform(trx, artifact, platform));
        await refenceSelected(trx, [artifact, ...platforms.map((platform) => platform.digest)]);
        await markLiveStocks(trx, artifact);
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
    stock: readStock,
    recordAttested: (artifact, contents, unread) => recordAttestedStocks(db, artifact, contents, unread),
    async scanStock(digest) {
      await matchStock(db, digest);
      await sql`update stock set scanned_at = now() where digest = ${digest}
        and (scanned_at is null or scanned_at < now() - interval '1 minute')`.execute(db);
      const { rows } = await sql<{ findings: number }>`
        select count(distinct (f.component, f.position))::int as findings from stock s join stock_layer l on l.stock = s.id
          join layer_component m on m.layer_set = l.layer_set join component_finding f on f.component = m.component
        where s.digest = ${digest} and f.decided`.execute(db);
      return rows[0]?.findings ?? 0;
    },
    newestScan: async (digest) =>
      (await readStockScan(db, digest, () => readStock(digest))) ?? (await readScanOfBefore(db, blobs, digest)),
  };
}

/** The report of a worker of before, until a rescan has read the stock. */
async function readScanOfBefore(db: Database, blobs: BlobStore, stock: Digest): Promise<StockScan | undefined> {
  const row = await db
    .selectFrom('scan')
    .select(['report', 'scanned_at'])
    .where('stock', '=', stock)
    .orderBy('scanned_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const result = JSON.parse(new TextDecoder().decode(await blobs.get(row.report as Digest))) as ScanResult;
  return { result, at: row.scanned_at.toISOString() };
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
  await trx
    .insertInto('stock')
    .values({ digest, complete: stock.complete, component_count: stock.components.length })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute();
  const { layered } = await trx
    .selectFrom('stock')
    .select('layered')
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow();
  if (!layered) await storeLayers(trx, digest, stock);
  return digest;
}
