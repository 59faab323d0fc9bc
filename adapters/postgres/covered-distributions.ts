import { sql } from 'kysely';
import { parseOsvEcosystem } from '../../domain/advisory/package-identity.ts';
import type { Executor } from './database.ts';

/** From name to name along the index: every scan asks, and the table has a row per package of every advisory. */
export async function readEcosystems(db: Executor): Promise<string[]> {
  const { rows } = await sql<{ ecosystem: string }>`
    with recursive e as (
      (select ecosystem from advisory_package order by ecosystem limit 1)
      union all
      select (select p.ecosystem from advisory_package p where p.ecosystem > e.ecosystem order by p.ecosystem limit 1)
      from e where e.ecosystem is not null)
    select ecosystem from e where ecosystem is not null`.execute(db);
  return rows.map(({ ecosystem }) => ecosystem).sort();
}

/** Releases of distributions that there are advisories of, as `distributionKey` has them. */
export async function coveredDistributions(db: Executor, ecosystems?: readonly string[]): Promise<string[]> {
  const there = new Set(ecosystems ?? (await readEcosystems(db)));
  const rows = await db.selectFrom('advisory_distribution').select('distribution').orderBy('distribution').execute();
  return rows
    .map(({ distribution }) => distribution)
    .filter((distribution) => there.has(parseOsvEcosystem(distribution).ecosystem));
}
