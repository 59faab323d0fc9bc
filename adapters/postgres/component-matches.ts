/**
 * Advisories against component versions: each version is matched once, whatever number of artifacts have it, and again only
 * where an advisory of its package changes. Who matches first holds the epoch it read: a later one then knows of it.
 */
import { sql, type Transaction } from 'kysely';
import { matchComponents } from '../../domain/advisory/match.ts';
import type { OsvRecord } from '../../domain/advisory/osv-record.ts';
import { normalisePackageName } from '../../domain/advisory/package-identity.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type Database, type Executor, transact } from './database.ts';
import { type KnownComponent, knownColumns, toMatchable } from './known-component.ts';
import { readCoverage } from './read-coverage.ts';
import { type MatchedComponent, noteLeft, replaceMatches, writeMatches } from './replace-matches.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

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
  const covered = new Set(rows.some(({ left_to }) => left_to !== null) ? (await readCoverage(db)).distributions : []);
  return rows.map((row) => {
    const own = records.get(keyOf(row.ecosystem, row.advisory_name)) ?? [];
    const isLeft = row.left_to !== null && covered.has(row.left_to);
    const matched = matchComponents(
      [toMatchable(row)],
      () => own.map(({ record }) => record),
      () => isLeft,
    );
    return { id: row.id, isLeft, ...matched };
  });
}

/** A version as it is when its matches are to be written. */
interface Locked extends Pick<KnownComponent, 'id' | 'ecosystem' | 'advisory_name'> {
  readonly isMatched: boolean;
  /** It was matched, and is to be matched again. */
  readonly wasMatched: boolean;
}

/** Notes what was matched under an epoch, of those that are locked. */
export type WriteMatched = (
  trx: Trx,
  epoch: number,
  matched: readonly MatchedComponent[],
  locked: readonly Locked[],
) => Promise<void>;

/**
 * Matches what `pick` gives, and has `write` note the result of what is still as it was picked. The epoch is read before the
 * records and held shared when the result is written: what an activation overtook is matched again. Returns what was picked.
 */
export async function matchPicked(
  db: Database,
  pick: (db: Executor) => Promise<KnownComponent[]>,
  write: WriteMatched,
): Promise<readonly KnownComponent[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const epoch = await readEpoch(db);
    const rows = await pick(db);
    if (rows.length === 0) return rows;
    const matched = await matchKnown(db, rows);
    const isWritten = await transact(db, async (trx) => {
      const { rows: now } = await sql<{ epoch: number }>`select epoch from advisory_state for share`.execute(trx);
      if (now[0]?.epoch !== epoch) return false;
      await write(trx, epoch, matched, await lockUnchanged(trx, rows));
      return true;
    });
    if (isWritten) return rows;
  }
  throw new Error('advisories change faster than components can be matched: try again');
}

/** In one order; without those that a cataloger says otherwise of meanwhile, which are matched again. */
async function lockUnchanged(trx: Trx, rows: readonly KnownComponent[]): Promise<Locked[]> {
  const { rows: locked } = await sql<Locked>`
    select c.id, c.ecosystem, c.advisory_name, c.matched_epoch is not null as "isMatched", c.was_matched as "wasMatched"
    from component c join jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id bigint, ecosystem text, name text,
        version text, advisory_name text, advisory_version text, release text) on r.id = c.id
    where (c.ecosystem, c.name, c.version, c.advisory_name, c.advisory_version, c.release)
      is not distinct from (r.ecosystem, r.name, r.version, r.advisory_name, r.advisory_version, r.release)
    order by c.id for no key update of c`.execute(trx);
  return locked;
}

/**
 * Matches those of `pick` that never were, or that are to be matched again: of these, what is different is noted for the rescan.
 * Returns how many there were.
 */
async function matchFirst(db: Database, pick: (db: Executor) => Promise<KnownComponent[]>): Promise<number> {
  const picked = await matchPicked(db, pick, async (trx, epoch, matched, locked) => {
    // Only those nobody else matched meanwhile.
    const again = new Set(locked.flatMap(({ id, wasMatched }) => (wasMatched ? [id] : [])));
    const first = new Set(locked.flatMap(({ id, wasMatched, isMatched }) => (wasMatched || isMatched ? [] : [id])));
    await sql`
      update component set matched_epoch = ${epoch}, was_matched = false
      where id = any(${[...again, ...first]}::bigint[])`.execute(trx);
    const found = matched.filter(({ id }) => first.has(id));
    await writeMatches(trx, found);
    await noteLeft(trx, found);
    const replaced = matched.filter(({ id }) => again.has(id));
    if (replaced.length > 0) await replaceMatches(trx, epoch, replaced);
  });
  return picked.length;
}

async function readEpoch(db: Executor): Promise<number> {
  const { rows } = await sql<{ epoch: number }>`select epoch from advisory_state`.execute(db);
  return rows[0]?.epoch ?? 0;
}

/** Every component of a stock that nobody matched yet, or that is to be matched again. */
export async function matchStock(db: Database, stock: Digest): Promise<void> {
  const pick = async (executor: Executor) => {
    const { rows } = await sql<KnownComponent>`
      select distinct ${knownColumns} from stock s join stock_layer l on l.stock = s.id
        join layer_component m on m.layer_set = l.layer_set join component c on c.id = m.component
      where s.digest = ${stock} and (c.matched_epoch is null or c.was_matched) order by c.id limit ${MATCH_BATCH}`.execute(
      executor,
    );
    return rows;
  };
  while ((await matchFirst(db, pick)) > 0);
}

/** A batch of whatever is to be matched, in any stock. Returns how many there were. */
export function matchUnmatched(db: Database): Promise<number> {
  return matchFirst(db, async (executor) => {
    const { rows } = await sql<KnownComponent>`
      select ${knownColumns} from component c where c.matched_epoch is null or c.was_matched order by c.id limit ${MATCH_BATCH}`.execute(
      executor,
    );
    return rows;
  });
}

/**
 * Has matched again what was left to a distribution that there are no advisories of any more, and what was not while there were
 * none: what was found counts until then.
 */
export async function rematchLeft(db: Database): Promise<void> {
  const { distributions: covered } = await readCoverage(db);
  await sql`
    update component set was_matched = true where id in (
      select id from component where left_to is not null and matched_epoch is not null and not was_matched
        and is_left <> (left_to = any(${covered}::text[])) order by id for no key update)`.execute(db);
}

/** The versions after `after`, in the order of their ids. */
export async function componentsAfter(db: Executor, after: number, limit: number): Promise<KnownComponent[]> {
  const { rows } = await sql<KnownComponent>`
    select ${knownColumns} from component c where c.id > ${after} order by c.id limit ${limit}`.execute(db);
  return rows;
}
