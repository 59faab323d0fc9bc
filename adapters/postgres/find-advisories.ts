import { sql } from 'kysely';
import { groupByVulnerability, namedBy } from '../../domain/advisory/merge-aliases.ts';
import type { OsvRecord } from '../../domain/advisory/osv-record.ts';
import type { Executor } from './database.ts';

/** CVE to GHSA to the ecosystem's own record: further apart no two names of one vulnerability are. */
const ROUNDS = 3;
/** Records of one vulnerability; a distribution's advisories of one CVE are dozens. */
const MOST = 200;

/**
 * Every record of a vulnerability, by any of its names: the record's id, its aliases, and what it fixes upstream. Names
 * that those records have in common lead on; what else a record is about that is about several vulnerabilities does not.
 */
export async function findAdvisories(db: Executor, id: string): Promise<OsvRecord[]> {
  const found = new Map<string, OsvRecord>();
  const asked = new Set<string>();
  let names = [id];
  for (let round = 0; round < ROUNDS && names.length > 0; round += 1) {
    for (const name of names) asked.add(name);
    const { rows } = await sql<{ id: string; record: OsvRecord }>`
      select distinct on (a.id) a.id, a.record from unnest(${names}::text[]) as n(name) cross join lateral (
        select id, record from advisory where id = n.name
        union all select id, record from advisory where record -> 'aliases' @> jsonb_build_array(n.name)
        union all select id, record from advisory where record -> 'upstream' @> jsonb_build_array(n.name)) a
      order by a.id limit ${MOST}`.execute(db);
    for (const row of rows) found.set(row.id, row.record);
    names = rows
      .flatMap(({ record }) => [record.id, ...record.aliases])
      .filter((name) => !asked.has(name) && found.size < MOST);
  }
  const groups = groupByVulnerability(
    [...found.values()].map((record) => ({ advisory: record.id, ...namedBy(record), record })),
  );
  const isNamed = ({ record }: (typeof groups)[number][number]) =>
    [record.id, ...record.aliases, ...record.upstream].includes(id);
  return groups.filter((group) => group.some(isNamed)).flatMap((group) => group.map(({ record }) => record));
}
