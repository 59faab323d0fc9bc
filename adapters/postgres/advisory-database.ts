/** Advisories in Postgres: one row a record, indexed by ecosystem and normalised name. */
import { sql } from 'kysely';
import type { AdvisoryDatabase } from '../../domain/advisory/database.ts';
import { type OsvRecord, parseOsvRecord } from '../../domain/advisory/osv-record.ts';
import { normalisePackageName, parseOsvEcosystem } from '../../domain/advisory/package-identity.ts';
import { databaseDigest, recordDigest } from '../osv/database-digest.ts';
import { type Database, transact } from './database.ts';

export interface AdvisoryStore extends AdvisoryDatabase {
  /** Stores records as parsed JSON; an older `modified` of a known id changes nothing. `rejected` says why, by position. */
  upsert(records: readonly unknown[]): Promise<{
    readonly stored: number;
    readonly rejected: readonly { readonly index: number; readonly reason: string }[];
  }>;
  /** Recomputes what `state` says, after the last batch. */
  finish(): Promise<void>;
}

/** Records parsed once per process and state: a scan of many images asks for the same packages. */
const KEPT_LOOKUPS = 20_000;

export function createPostgresAdvisories(db: Database): AdvisoryStore {
  let kept = new Map<string, readonly OsvRecord[]>();
  let keptFor = '';
  const readState = async () => {
    const row = await db.selectFrom('advisory_state').selectAll().executeTakeFirstOrThrow();
    const ecosystems = await db.selectFrom('advisory_package').select('ecosystem').distinct().execute();
    if (row.digest !== keptFor) {
      kept = new Map();
      keptFor = row.digest;
    }
    return {
      records: row.records,
      digest: row.digest,
      newest: row.newest ?? undefined,
      syncedAt: row.synced_at?.toISOString(),
      ecosystems: ecosystems.map(({ ecosystem }) => ecosystem),
    };
  };
  return {
    state: readState,
    async lookup(ecosystem, names) {
      const byNormal = Map.groupBy(names, (name) => normalisePackageName(ecosystem, name));
      const asked = [...byNormal.keys()].filter((name) => !kept.has(`${ecosystem} ${name}`));
      if (asked.length > 0) {
        if (kept.size > KEPT_LOOKUPS) kept = new Map();
        const rows = await db
          .selectFrom('advisory_package')
          .innerJoin('advisory', 'advisory.id', 'advisory_package.advisory')
          .select(['advisory_package.name', 'advisory.record'])
          .where('advisory_package.ecosystem', '=', ecosystem)
          .where('advisory_package.name', 'in', asked)
          .orderBy('advisory.id')
          .execute();
        const grouped = Map.groupBy(rows, (row) => row.name);
        for (const name of asked)
          kept.set(
            `${ecosystem} ${name}`,
            (grouped.get(name) ?? []).map((row) => row.record as unknown as OsvRecord),
          );
      }
      const found = new Map<string, readonly OsvRecord[]>();
      for (const [normal, spellings] of byNormal) {
        const records = kept.get(`${ecosystem} ${normal}`) ?? [];
        if (records.length > 0) for (const spelling of spellings) found.set(spelling, records);
      }
      return found;
    },
    upsert: (records) => upsert(db, records),
    finish: () => finish(db),
  };
}

async function upsert(db: Database, records: readonly unknown[]) {
  const rejected: { index: number; reason: string }[] = [];
  const parsed = new Map<string, { record: OsvRecord; json: string }>();
  for (const [index, raw] of records.entries()) {
    const result = parseOsvRecord(raw);
    if (result.kind === 'rejected') rejected.push({ index, reason: result.reason });
    else parsed.set(result.record.id, { record: result.record, json: JSON.stringify(result.record) });
  }
  if (parsed.size === 0) return { stored: 0, rejected };
  const rows = [...parsed.values()].map(({ record, json }) => ({
    id: record.id,
    modified: record.modified,
    withdrawn: record.withdrawn !== null && record.withdrawn !== undefined,
    record: json,
    record_digest: recordDigest(json),
  }));
  const packages = [...parsed.values()].flatMap(({ record }) =>
    record.affected.flatMap((affected) => {
      if (affected.package === undefined) return [];
      const { ecosystem } = parseOsvEcosystem(affected.package.ecosystem);
      return [{ ecosystem, name: normalisePackageName(ecosystem, affected.package.name), advisory: record.id }];
    }),
  );
  await transact(db, async (trx) => {
    await trx
      .insertInto('advisory')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet((eb) => ({
            modified: eb.ref('excluded.modified'),
            withdrawn: eb.ref('excluded.withdrawn'),
            record: eb.ref('excluded.record'),
            record_digest: eb.ref('excluded.record_digest'),
          }))
          .whereRef('advisory.modified', '<=', sql.ref('excluded.modified')),
      )
      .execute();
    await trx
      .deleteFrom('advisory_package')
      .where(
        'advisory',
        'in',
        rows.map((row) => row.id),
      )
      .execute();
    if (packages.length > 0)
      await sql`
      insert into advisory_package (ecosystem, name, advisory)
      select ecosystem, name, advisory from jsonb_to_recordset(${JSON.stringify(packages)}::jsonb) as p(ecosystem text, name text, advisory text)
      on conflict do nothing`.execute(trx);
  });
  return { stored: parsed.size, rejected };
}

async function finish(db: Database): Promise<void> {
  const rows = await db
    .selectFrom('advisory')
    .select(['id', 'record_digest', 'modified'])
    .orderBy(sql`id collate "C"`)
    .execute();
  const digest = databaseDigest(rows.map((row) => ({ id: row.id, digest: row.record_digest })));
  const newest = rows.reduce<string | null>(
    (latest, { modified }) => (latest === null || modified > latest ? modified : latest),
    null,
  );
  await db
    .updateTable('advisory_state')
    .set({ records: rows.length, digest, newest, synced_at: sql<Date>`now()` })
    .execute();
}
