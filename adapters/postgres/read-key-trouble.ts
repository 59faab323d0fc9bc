import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Own keys that are stopped with nothing in their place, and rotations whose last pass left something unsigned that is live. */
export async function readKeyTrouble(db: Database): Promise<{
  readonly stopped: string[];
  readonly toRotate: { readonly key: string; readonly refused: number }[];
}> {
  const { rows: stopped } = await sql<{ name: string }>`
    select name from own_key group by name having bool_and(state <> 'trusted') order by name`.execute(db);
  const { rows: toRotate } = await sql<{ key: string; refused: number }>`
    select r.key, count(*)::int as refused
    from (select distinct on (key) id, key from key_rotation order by key, requested_at desc) r
      join key_rotation_place s on s.rotation = r.id and s.outcome = 'refused'
      join placement p on p.environment = s.environment and p.destination = s.destination and p.digest = s.digest and p.state = 'live'
    group by r.key order by r.key`.execute(db);
  return { stopped: stopped.map(({ name }) => name), toRotate };
}
