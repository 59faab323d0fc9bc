/**
 * Stocks of before know nothing of what is left to a distribution: they are read again, once. What was found in them counts until
 * what is left is matched as such and takes its place, in one transaction; what is different then is told.
 */
import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import { createComponentKeys } from './component-key.ts';
import { matchUnmatched } from './component-matches.ts';
import { type Database, transact } from './database.ts';
import { writeMoves } from './replace-matches.ts';
import { storeComponents, storeLayers } from './stock-layers.ts';

/** Stocks asked for at once; one is in memory. */
const STOCKS = 20;

/** Of what is left in a stock: the row it had so far, and the one it has from now on. */
interface Move {
  readonly from: string;
  readonly to: string;
}

/** Not what others attest: only who judges that reads it. */
export async function keepLeftApart(db: Database, progress: (place: string) => void): Promise<void> {
  const blobs = createPostgresBlobStore(db);
  for (;;) {
    const { rows } = await sql<{ digest: Digest }>`
      select s.digest from stock s where not s.left_noted and s.layered
        and exists (select from artifact_stock x where x.stock = s.digest)
      order by s.id limit ${STOCKS}`.execute(db);
    if (rows.length === 0) return;
    for (const { digest } of rows) {
      progress(`reading ${digest} again`);
      const stock = JSON.parse(new TextDecoder().decode(await blobs.get(digest))) as Stock;
      const moves = await storeLeft(db, stock);
      while ((await matchUnmatched(db)) > 0) progress('matching what is left to distributions');
      await move(db, digest, stock, moves);
    }
  }
}

/** Rows of what is left in it, which nothing has yet. */
async function storeLeft(db: Database, stock: Stock): Promise<readonly Move[]> {
  const keyOf = createComponentKeys(stock.components);
  const left = stock.components.filter((component) => keyOf(component).leftTo !== null);
  if (left.length > 0) await transact(db, (trx) => storeComponents(trx, left, 'keep', keyOf));
  return left.map((component) => ({ from: component.purl, to: keyOf(component).key }));
}

async function move(db: Database, digest: Digest, stock: Stock, moves: readonly Move[]): Promise<void> {
  if (moves.length === 0) {
    await db.updateTable('stock').set({ left_noted: true }).where('digest', '=', digest).execute();
    return;
  }
  await transact(db, async (trx) => {
    await sql`select 1 from rescan_state for no key update`.execute(trx);
    await storeLayers(trx, digest, stock, 'keep');
    const { rows } = await sql<{ from: number; to: number }>`
      select o.id as "from", l.id as "to" from jsonb_to_recordset(${JSON.stringify(moves)}::jsonb) as m("from" text, "to" text)
        join component o on o.purl = m."from" join component l on l.purl = m."to"`.execute(trx);
    await writeMoves(trx, rows);
  });
}
