import { sql } from 'kysely';
import { parseOsvEcosystem } from '../../domain/advisory/package-identity.ts';
import type { Executor } from './database.ts';
import { ecosystemsIn } from './feed-times.ts';

interface Coverage {
  /** That there are advisories of, sorted. */
  readonly ecosystems: readonly string[];
  /** Releases of distributions that there are advisories of, as `distributionKey` has them. */
  readonly distributions: readonly string[];
}

/** Of what there are advisories. Every scan asks: without a parameter the server plans it once. */
export async function readCoverage(db: Executor): Promise<Coverage> {
  const { rows } = await sql<{ ecosystems: string[]; distributions: string[] }>`
    select array(select ecosystem from ${ecosystemsIn('advisory_package')} e) as ecosystems,
      array(select distribution from advisory_distribution order by distribution) as distributions`.execute(db);
  const { ecosystems = [], distributions = [] } = rows[0] ?? {};
  const there = new Set(ecosystems);
  return {
    ecosystems: ecosystems.toSorted(),
    distributions: distributions.filter((distribution) => there.has(parseOsvEcosystem(distribution).ecosystem)),
  };
}
