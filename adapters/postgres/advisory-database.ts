/** Advisories in Postgres: one row a record, indexed by ecosystem and normalised name. */
import { sql } from 'kysely';
import type { AdvisoryDatabase } from '../../domain/advisory/database.ts';
import type { OsvRecord } from '../../domain/advisory/osv-record.ts';
import { normalisePackageName } from '../../domain/advisory/package-identity.ts';
import type { Executor } from './database.ts';
import { readCoverage } from './read-coverage.ts';

/** Records parsed once per process and state: a scan of many images asks for the same packages. */
const KEPT_LOOKUPS = 20_000;

export function createPostgresAdvisories(db: Executor): AdvisoryDatabase {
  let kept = new Map<string, readonly OsvRecord[]>();
  let keptFor = '';
  const readState = async () => {
    const row = await db
      .selectFrom(['advisory_state', 'rescan_state'])
      .select(['records', 'digest', 'newest', 'synced_at', 'match_version'])
      .executeTakeFirstOrThrow();
    const { ecosystems, distributions } = await readCoverage(db);
    // The same records are under other names once a rescan has normalised them anew.
    const keepFor = `${row.digest} ${row.match_version}`;
    if (keepFor !== keptFor) {
      kept = new Map();
      keptFor = keepFor;
    }
    return {
      records: row.records,
      digest: row.digest,
      newest: row.newest ?? undefined,
      syncedAt: row.synced_at?.toISOString(),
      ecosystems,
      distributions,
    };
  };
  return {
    state: readState,
    async lookup(ecosystem, names) {
      const byNormal = Map.groupBy(names, (name) => normalisePackageName(ecosystem, name));
      if (kept.size > KEPT_LOOKUPS) kept = new Map();
      // This lookup's own: when the database changes while it reads, what it read is forgotten with the rest.
      const cache = kept;
      const asked = [...byNormal.keys()].filter((name) => !cache.has(`${ecosystem} ${name}`));
      if (asked.length > 0) {
        const rows = await db
          .selectFrom('advisory_package')
          .innerJoin('advisory', 'advisory.id', 'advisory_package.advisory')
          .select(['advisory_package.name', 'advisory.record'])
          .where('advisory_package.ecosystem', '=', ecosystem)
          .where('advisory_package.name', 'in', asked)
          .orderBy(sql`advisory.id collate "C"`)
          .execute();
        const grouped = Map.groupBy(rows, (row) => row.name);
        for (const name of asked)
          cache.set(
            `${ecosystem} ${name}`,
            (grouped.get(name) ?? []).map((row) => row.record as unknown as OsvRecord),
          );
      }
      const found = new Map<string, readonly OsvRecord[]>();
      for (const [normal, spellings] of byNormal) {
        const records = cache.get(`${ecosystem} ${normal}`) ?? [];
        if (records.length > 0) for (const spelling of spellings) found.set(spelling, records);
      }
      return found;
    },
  };
}
