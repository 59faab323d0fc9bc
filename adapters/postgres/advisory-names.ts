import { sql } from 'kysely';
import type { Executor } from './database.ts';

/** From a name to records that have it, and from those by the names they share: further apart no two names are. */
const ROUNDS = 2;

/** Records of these vulnerabilities: a finding is kept under one of them. */
export async function advisoryIdsOf(db: Executor, names: readonly string[]): Promise<string[]> {
  const known = new Set(names);
  let asked = [...known];
  for (let round = 0; round < ROUNDS && asked.length > 0; round += 1) {
    const { rows } = await sql<{ name: string }>`
      with found as (
        select distinct a.id, a.record from unnest(${asked}::text[]) as n(name) cross join lateral (
          select id, record from advisory where id = n.name
          union all select id, record from advisory where record -> 'aliases' @> jsonb_build_array(n.name)
          union all select id, record from advisory where record -> 'upstream' @> jsonb_build_array(n.name)) a)
      select id as name from found
      union select jsonb_array_elements_text(record -> 'aliases') from found`.execute(db);
    asked = rows.map(({ name }) => name).filter((name) => !known.has(name));
    for (const name of asked) known.add(name);
  }
  return [...known];
}
