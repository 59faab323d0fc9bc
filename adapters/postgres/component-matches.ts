/**
 * Advisories against component versions: each version is matched once, whatever number of artifacts have it, and again only
 * where an advisory of its package changes. Who matches first holds the epoch it read: a later one then knows of it.
 */
import { sql } from 'kysely';
import { matchComponents } from '../../domain/advisory/match.ts';
import type { OsvRecord } from '../../domain/advisory/osv-record.ts';
import { normalisePackageName } from '../../domain/advisory/package-identity.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Database, type Executor, transact } from './database.ts';
import { type KnownComponent, toMatchable } from './known-component.ts';
import { type MatchedComponent, replaceMatches, writeMatches } from './replace-matches.ts';

/** Versions matched in one transaction. */
const MATCH_BATCH = 1000;
/** An epoch that is activated while a batch is read has it read again. */
const ATTEMPTS = 20;

const keyOf = (ecosystem: string, name: string) => `${ecosystem} ${normalisePackageName(ecosystem, name)}`;

/** Every record of these components' packages, and what they say of each. */
export async function matchKnown(db: Executor, rows: readonly KnownComponent[]): Promise<MatchedComponent[]> {
  const packages = [...new Map(rows.map((row) => [keyOf(row.ecosystem, row.advisory_name), row])).values()].map(
    ({ ecosystem, advisory_name }) => ({ ecosystem, name: normalisePackageName(ecosystem, advisory_name) }),
  );
  const { rows: found } = await sql<{ ecosystem: string; name: string; record: OsvRecord }>`
    select p.ecosystem, p.name, a.record
    from jsonb_to_recordset(${JSON.stringify(packages)}::jsonb) as k(ecosystem text, name text)
    join advisory_package p on p.ecosystem = k.ecosystem and p.name = k.name join advisory a on a.id = p.advisory
    order by a.id collate "C"`.execute(db);
  const records = Map.groupBy(found, ({ ecosystem, name }) => keyOf(ecosystem, name));
  return rows.map((row) => {
    const own = records.get(keyOf(row.ecosystem, row.advisory_name)) ?? [];
    const matched = matchComponents([toMatchable(row)], () => own.map(({ record }) => record));
    return { id: row.id, ...matched };
  });
}

/**
 * Matches those of `pick` that never were, or that are to be matched again: of these, what is different is noted for the rescan.
 * The epoch is read before the records and held shared when the result is written: what an activation overtook is matched again.
 * Returns how many there were.
 */
async function matchFirst(db: Database, pick: (db: Executor) => Promise<KnownComponent[]>): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const epoch = await readEpoch(db);
    const rows = await pick(db);
    if (rows.length === 0) return 0;
    const matched = await matchKnown(db, rows);
    const isWritten = await transact(db, async (trx) => {
      const { rows: now } = await sql<{ epoch: number }>`select epoch from advisory_state for share`.execute(trx);
      if (now[0]?.epoch !== epoch) return false;
      // In one order, and only those nobody else matched meanwhile.
      const { rows: mine } = await sql<{ id: number; wasMatched: boolean }>`
        with locked as (select id, was_matched from component
          where id = any(${rows.map(({ id }) => id)}::bigint[]) and matched_epoch is null order by id for no key update)
        update component c set matched_epoch = ${epoch}, was_matched = false from locked l where l.id = c.id
        returning c.id, l.was_matched as "wasMatched"`.execute(trx);
      const wasMatched = new Map(mine.map((one) => [one.id, one.wasMatched]));
      await writeMatches(
        trx,
        matched.filter(({ id }) => wasMatched.get(id) === false),
      );
      const again = matched.filter(({ id }) => wasMatched.get(id) === true);
      if (again.length > 0) await replaceMatches(trx, epoch, again);
      return true;
    });
    if (isWritten) return rows.length;
  }
  throw new Error('advisories change faster than components can be matched: try again');
}

async function readEpoch(db: Executor): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`select epoch from advisory_state`.execute(db);
  return rows[0]?.epoch ?? 0;
}

const columns = sql`c.id, c.purl, c.ecosystem, c.name, c.version, c.advisory_name, c.advisory_version, c.release`;

/** Every component of a stock that nobody matched yet. */
export async function matchStock(db: Database, stock: Digest): Promise<void> {
  const pick = async (executor: Executor) => {
    const { rows } = await sql<KnownComponent>`
      select distinct ${columns} from stock s join stock_layer l on l.stock = s.id
        join layer_component m on m.layer_set = l.layer_set join component c on c.id = m.component
      where s.digest = ${stock} and c.matched_epoch is null order by c.id limit ${MATCH_BATCH}`.execute(executor);
    return rows;
  };
  while ((await matchFirst(db, pick)) > 0);
}

/** A batch of whatever nobody matched yet: rows of before. Returns how many there were. */
export function matchUnmatched(db: Database): Promise<number> {
  return matchFirst(db, async (executor) => {
    const { rows } = await sql<KnownComponent>`
      select ${columns} from component c where c.matched_epoch is null order by c.id limit ${MATCH_BATCH}`.execute(
      executor,
    );
    return rows;
  });
}
