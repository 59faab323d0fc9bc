import { sql } from 'kysely';
import { parseOsvEcosystem } from '../../domain/advisory/package-identity.ts';
import type { Executor } from './database.ts';

interface Coverage {
  /** That there are advisories of, sorted. */
  readonly ecosystems: readonly string[];
  /** Releases of distributions that there are advisories of, as `distributionKey` has them. */
  readonly distributions: readonly string[];
}

/** Of what there are advisories. Every scan asks: without a parameter the server plans it once. */
export async function readCoverage(db: Executor): Promise<Coverage> {
  // From name to name along the index: the table has a row per package of every advisory.
  const { rows } = await sql<{ ecosystems: string[]; distributions: string[] }>`
    with recursive e as (
      (select ecosystem from advisory_package order by ecosystem limit 1)
      union all
      select (select p.ecosystem from advisory_package p where p.ecosystem > e.ecosystem order by p.ecosystem limit 1)
      from e where e.ecosystem is not null)
    select array(select ecosystem from e where ecosystem is not null) as ecosystems,
      array(select distribution from advisory_distribution order by distribution) as distributions`.execute(db);
  const { ecosystems = [], distributions = [] } = rows[0] ?? {};
  const there = new Set(ecosystems);
  return {
    ecosystems: ecosystems.toSorted(),
    distributions: distributions.filter((distribution) => there.has(parseOsvEcosystem(distribution).ecosystem)),
  };
}
