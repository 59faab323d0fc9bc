/** The names that advisories are looked up by, made anew from their records where another version of the matcher made them. */
import { sql } from 'kysely';
import { MATCH_VERSION } from '../../domain/advisory/match-version.ts';
import { noteDistributions, packagesOf } from './advisory-imports.ts';
import { type Database, transact } from './database.ts';

/** Advisories in one transaction. */
const BATCH = 1000;

/**
 * Before services start: none of them looks for a name that its rows do not have yet, and takes what it does not find for clean.
 * Returns whether anything was to do. What a service of before imports afterwards has its names made anew by the next rescan.
 */
export async function prepareNames(db: Database): Promise<boolean> {
  const state = await db
    .selectFrom('rescan_state')
    .select(['match_version', 'named_version'])
    .executeTakeFirstOrThrow();
  if (state.match_version === MATCH_VERSION || state.named_version === MATCH_VERSION) return false;
  for (let after: string | undefined = ''; after !== undefined; ) after = await nameAdvisories(db, after);
  await db.updateTable('rescan_state').set({ named_version: MATCH_VERSION }).execute();
  return true;
}

/** Those after `after`. Returns the last of the batch; undefined after the last one. No import is under way meanwhile. */
export function nameAdvisories(db: Database, after: string): Promise<string | undefined> {
  return transact(db, async (trx) => {
    await sql`set local lock_timeout = '5min'`.execute(trx);
    await sql`select pg_advisory_xact_lock(hashtext('pratique advisories'))`.execute(trx);
    const { rows } = await sql<{ id: string; affected: Parameters<typeof packagesOf>[0]['affected'] }>`
      select id, array_to_json(array(
        select jsonb_build_object('package', one -> 'package') from jsonb_array_elements(record -> 'affected') as one
        where one ? 'package' group by 1)) as affected
      from advisory where id > ${after} and jsonb_typeof(record -> 'affected') = 'array'
      order by id limit ${BATCH}`.execute(trx);
    const named = rows.flatMap(({ id, affected }) => packagesOf({ affected }).map((one) => ({ advisory: id, ...one })));
    await noteDistributions(
      trx,
      rows.flatMap(({ affected }) => affected.flatMap(({ package: one }) => one?.ecosystem ?? [])),
    );
    const ids = rows.map(({ id }) => id);
    const names = sql`jsonb_to_recordset(${JSON.stringify(named)}::jsonb) as n(advisory text, ecosystem text, name text)`;
    await sql`
      delete from advisory_package p where p.advisory = any(${ids}::text[]) and not exists (
        select from ${names} where n.advisory = p.advisory and n.ecosystem = p.ecosystem and n.name = p.name)`.execute(
      trx,
    );
    await sql`
      insert into advisory_package (ecosystem, name, advisory) select ecosystem, name, advisory from ${names}
      order by 3, 1, 2 on conflict do nothing`.execute(trx);
    return rows.length < BATCH ? undefined : rows.at(-1)?.id;
  });
}
