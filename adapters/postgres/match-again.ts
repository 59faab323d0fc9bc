/** After the matcher has changed: names are normalised anew, and every version is matched again, part by part. */
import { sql } from 'kysely';
import { MATCH_VERSION } from '../../domain/advisory/match-version.ts';
import type { OsvRecord } from '../../domain/advisory/osv-record.ts';
import { normalisePackageName } from '../../domain/advisory/package-identity.ts';
import type { Ecosystem } from '../../domain/sbom/component.ts';
import { packagesOf } from './advisory-imports.ts';
import { matchUnmatched } from './component-matches.ts';
import { type Database, transact } from './database.ts';

/** Rows in one transaction. */
const BATCH = 1000;

/** Nothing where this version went through before; ended on the way, it begins again. */
export async function matchAgain(db: Database, progress: (place: string) => void): Promise<void> {
  const state = await db.selectFrom('rescan_state').select('match_version').executeTakeFirstOrThrow();
  if (state.match_version === MATCH_VERSION) return;
  for (let after: string | undefined = ''; after !== undefined; ) {
    progress(`naming the packages of advisories after ${after}`);
    after = await nameAdvisories(db, after);
  }
  for (let after: number | undefined = 0; after !== undefined; ) {
    progress(`matching versions after ${after} again`);
    after = await resetComponents(db, after);
    // Little is unmatched at a time: whatever has it can not be judged meanwhile.
    while ((await matchUnmatched(db)) > 0) progress('matching again');
  }
  await db.updateTable('rescan_state').set({ match_version: MATCH_VERSION }).execute();
}

/** Returns the last of the batch; undefined after the last one. No import is under way meanwhile. */
function nameAdvisories(db: Database, after: string): Promise<string | undefined> {
  return transact(db, async (trx) => {
    await sql`set local lock_timeout = '5min'`.execute(trx);
    await sql`select pg_advisory_xact_lock(hashtext('pratique advisories'))`.execute(trx);
    const { rows } = await sql<{ id: string; record: OsvRecord }>`
      select id, record from advisory where id > ${after} and jsonb_typeof(record -> 'affected') = 'array'
      order by id limit ${BATCH}`.execute(trx);
    const named = rows.flatMap(({ id, record }) => packagesOf(record).map((one) => ({ advisory: id, ...one })));
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

function resetComponents(db: Database, after: number): Promise<number | undefined> {
  return transact(db, async (trx) => {
    const { rows } = await sql<{ id: number; ecosystem: Ecosystem; advisory_name: string }>`
      select id, ecosystem, advisory_name from component where id > ${after} order by id limit ${BATCH}
      for no key update`.execute(trx);
    const keys = rows.map(({ id, ecosystem, advisory_name }) => ({
      id,
      key: normalisePackageName(ecosystem, advisory_name),
    }));
    await sql`
      update component c set package_key = k.key, was_matched = was_matched or matched_epoch is not null, matched_epoch = null
      from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as k(id bigint, key text) where c.id = k.id`.execute(trx);
    return rows.length < BATCH ? undefined : rows.at(-1)?.id;
  });
}
