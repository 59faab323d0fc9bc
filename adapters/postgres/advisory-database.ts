/** Advisories in Postgres: one row a record, indexed by ecosystem and normalised name. */
import { sql, type Transaction } from 'kysely';
import type { AdvisoryDatabase } from '../../domain/advisory/database.ts';
import { type OsvRecord, parseOsvRecord } from '../../domain/advisory/osv-record.ts';
import { normalisePackageName, parseOsvEcosystem } from '../../domain/advisory/package-identity.ts';
import { databaseDigest, recordDigest } from '../osv/database-digest.ts';
import { type Database, transact } from './database.ts';
import type { Schema } from './schema.ts';

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
    // From name to name along the index: every scan asks, and the table has a row per package of every advisory.
    const { rows: ecosystems } = await sql<{ ecosystem: string }>`
      with recursive e as (
        (select ecosystem from advisory_package order by ecosystem limit 1)
        union all
        select (select p.ecosystem from advisory_package p where p.ecosystem > e.ecosystem order by p.ecosystem limit 1)
        from e where e.ecosystem is not null)
      select ecosystem from e where ecosystem is not null`.execute(db);
    if (row.digest !== keptFor) {
      kept = new Map();
      keptFor = row.digest;
    }
    return {
      records: row.records,
      digest: row.digest,
      newest: row.newest ?? undefined,
      syncedAt: row.synced_at?.toISOString(),
      ecosystems: ecosystems.map(({ ecosystem }) => ecosystem).sort(),
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
    upsert: (records) => upsert(db, records),
    finish: () => transact(db, finish),
  };
}

/** What JSON can say and jsonb can not hold: NUL, and half of a surrogate pair. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Without its Z, a time with a fraction sorts after the same time without one. */
const instantOf = ({ modified }: OsvRecord) => modified.slice(0, -1);

interface StorableRecord {
  readonly record: OsvRecord;
  readonly json: string;
}

/** The newest of each id, in order of ids: two batches at once never wait for each other in a circle. */
function readBatch(records: readonly unknown[]) {
  const rejected: { index: number; reason: string }[] = [];
  const parsed = new Map<string, StorableRecord>();
  for (const [index, raw] of records.entries()) {
    const result = parseOsvRecord(raw);
    if (result.kind === 'rejected') {
      rejected.push({ index, reason: result.reason });
      continue;
    }
    const { record } = result;
    const json = JSON.stringify(record);
    const known = parsed.get(record.id)?.record;
    if (UNSTORABLE.test(json)) rejected.push({ index, reason: 'record: contains NUL or half of a surrogate pair' });
    else if (known === undefined || instantOf(known) <= instantOf(record)) parsed.set(record.id, { record, json });
  }
  return { rejected, batch: [...parsed.values()].sort((a, b) => (a.record.id < b.record.id ? -1 : 1)) };
}

async function upsert(db: Database, records: readonly unknown[]) {
  const { rejected, batch } = readBatch(records);
  if (batch.length > 0) await transact(db, (trx) => store(trx, batch));
  return { stored: batch.length, rejected };
}

async function store(trx: Transaction<Schema>, batch: readonly StorableRecord[]): Promise<void> {
  const stored = await trx
    .insertInto('advisory')
    .values(
      batch.map(({ record, json }) => ({
        id: record.id,
        modified: record.modified,
        withdrawn: record.withdrawn !== null && record.withdrawn !== undefined,
        record: json,
        record_digest: recordDigest(json),
      })),
    )
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((eb) => ({
          modified: eb.ref('excluded.modified'),
          withdrawn: eb.ref('excluded.withdrawn'),
          record: eb.ref('excluded.record'),
          record_digest: eb.ref('excluded.record_digest'),
        }))
        .where(sql<boolean>`rtrim(advisory.modified, 'Z') collate "C" <= rtrim(excluded.modified, 'Z') collate "C"`),
    )
    .returning('id')
    .execute();
  // A record that stayed, because the one that came is older, keeps its packages too.
  const ids = new Set(stored.map(({ id }) => id));
  const packages = batch
    .filter(({ record }) => ids.has(record.id))
    .flatMap(({ record }) =>
      record.affected.flatMap((affected) => {
        if (affected.package === undefined) return [];
        const { ecosystem } = parseOsvEcosystem(affected.package.ecosystem);
        return [{ ecosystem, name: normalisePackageName(ecosystem, affected.package.name), advisory: record.id }];
      }),
    );
  await sql`delete from advisory_package where advisory = any(${[...ids]}::text[])`.execute(trx);
  await sql`
    insert into advisory_package (ecosystem, name, advisory)
    select ecosystem, name, advisory from jsonb_to_recordset(${JSON.stringify(packages)}::jsonb) as p(ecosystem text, name text, advisory text)
    on conflict do nothing`.execute(trx);
}

/** One at a time: of two that finish together, the later one says what both brought. */
async function finish(trx: Transaction<Schema>): Promise<void> {
  await sql`select 1 from advisory_state for no key update`.execute(trx);
  const rows = await trx
    .selectFrom('advisory')
    .select(['id', 'record_digest', 'modified'])
    .orderBy(sql`id collate "C"`)
    .execute();
  const digest = databaseDigest(rows.map((row) => ({ id: row.id, digest: row.record_digest })));
  const newest = rows.reduce<string | null>(
    (latest, { modified }) => (latest === null || modified > latest ? modified : latest),
    null,
  );
  await trx
    .updateTable('advisory_state')
    .set({ records: rows.length, digest, newest, synced_at: sql<Date>`now()` })
    .execute();
}
