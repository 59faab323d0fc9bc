/** Imports of advisories: staged record by record, in force in one transaction, or not at all. */
import { sql, type Transaction } from 'kysely';
import type { AdvisoryImports, BroughtFeed, EpochSummary, KnownFeed, Rejection } from '../../domain/advisory/epoch.ts';
import { feedEcosystem } from '../../domain/advisory/feed-age.ts';
import type { FeedState } from '../../domain/advisory/feed-state.ts';
import { distributionsAmong } from '../../domain/advisory/left-to-distribution.ts';
import { instantOf, type OsvRecord, parseOsvRecord } from '../../domain/advisory/osv-record.ts';
import { isDistribution, normalisePackageName, parseOsvEcosystem } from '../../domain/advisory/package-identity.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import { databaseDigest, recordDigest } from '../osv/database-digest.ts';
import { advisoriesSubject, endEpoch, holdEpoch } from './advisory-epoch.ts';
import { type Database, transact } from './database.ts';
import { appendOutbox } from './outbox.ts';
import type { Schema } from './schema.ts';
import { isStorable } from './storable-json.ts';
import { requestRescan } from './workflow-request.ts';

type Trx = Transaction<Schema>;

/** No import takes so long. */
const FORGOTTEN_HOURS = 24;
/** A feed that was not brought in for so long was missing. */
const GAP_HOURS = 24;
/** Characters of a reason. */
const REASON = 500;

export function createAdvisoryImports(db: Database): AdvisoryImports {
  return {
    async begin(source, actor) {
      await failForgotten(db);
      const row = await db
        .insertInto('advisory_epoch')
        .values({ source, actor, digest: null, records: null })
        .returning('id')
        .executeTakeFirstOrThrow();
      return row.id;
    },
    stage: (epoch, records) => stage(db, epoch, records),
    async activate(epoch, rejections, brought = {}) {
      const summary = await transact(db, (trx) => activate(trx, epoch, rejections, brought));
      await reach('advisories.activated', String(summary.epoch));
      return summary;
    },
    fail: (epoch, reason) => transact(db, (trx) => fail(trx, epoch, reason)),
    async feedState(address) {
      const { rows } = await sql<{ state: FeedState }>`
        select state from advisory_feed where address = ${address}`.execute(db);
      return rows[0]?.state;
    },
    confirm: (feed) =>
      transact(db, async (trx) => {
        const seen = await keepFeed(trx, feed, []);
        const isBack = await keepFeedTimes(trx, namedBy(feed.address), seen);
        if (isBack) await requestRescan(trx);
        await sql`update advisory_state set synced_at = now()`.execute(trx);
      }),
  };
}

/** Returns the ecosystems that a feed of none in particular has had records of, now and before. */
async function keepFeed(trx: Trx, { address, state }: KnownFeed, seen: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ state: FeedState }>`
    select state from advisory_feed where address = ${address}`.execute(trx);
  const ecosystems = [...new Set([...(rows[0]?.state.ecosystems ?? []), ...seen])].sort();
  const kept: FeedState = namedBy(address).length > 0 ? state : { ...state, ecosystems };
  await sql`
    insert into advisory_feed (address, state) values (${address}, ${JSON.stringify(kept)}::jsonb)
    on conflict (address) do update set state = excluded.state, checked_at = now()`.execute(trx);
  return ecosystems;
}

function namedBy(source: string): string[] {
  const ecosystem = feedEcosystem(source);
  return ecosystem === undefined ? [] : [ecosystem];
}

/**
 * A feed of its own tells the age of an ecosystem; what names none, of those that have no feed of their own (`afterImport`). Returns
 * whether one of them came for the first time, or after a gap.
 */
async function keepFeedTimes(trx: Trx, named: readonly string[], seen: readonly string[]): Promise<boolean> {
  const isNamed = named.length > 0;
  const { rows } = await sql<{ is_back: boolean }>`
    insert into advisory_feed_time as t (ecosystem, synced_at, named)
    select e, now(), ${isNamed} from unnest(${[...new Set(isNamed ? named : seen)].sort()}::text[]) e
    on conflict (ecosystem) do update set synced_at = excluded.synced_at, named = excluded.named,
      current_since = case when t.synced_at < now() - make_interval(hours => ${GAP_HOURS}) then now() else t.current_since end
    where excluded.named or not t.named
    returning current_since = now() as is_back`.execute(trx);
  return rows.some(({ is_back }) => is_back);
}

async function stagedEcosystems(trx: Trx, epoch: number): Promise<string[]> {
  const { rows } = await sql<{ ecosystem: string }>`
    select distinct p.ecosystem from advisory_staged s cross join lateral jsonb_to_recordset(s.packages) as p(ecosystem text)
    where s.epoch = ${epoch}`.execute(trx);
  return rows.map(({ ecosystem }) => ecosystem);
}

/** Releases too, of whatever is staged. */
async function stagedDistributions(trx: Trx, epoch: number): Promise<string[]> {
  const { rows } = await sql<{ ecosystem: string }>`
    select distinct one -> 'package' ->> 'ecosystem' as ecosystem from advisory_staged s
      cross join lateral jsonb_array_elements(s.record -> 'affected') as one
    where s.epoch = ${epoch} and one ? 'package'`.execute(trx);
  return rows.map(({ ecosystem }) => ecosystem);
}

/** As OSV writes ecosystems; others are left out. Returns those that nothing spoke of before, as they are kept. */
export async function noteDistributions(trx: Trx, ecosystems: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ distribution: string }>`
    insert into advisory_distribution (distribution) select unnest(${distributionsAmong(ecosystems).toSorted()}::text[])
    on conflict do nothing returning distribution`.execute(trx);
  return rows.map(({ distribution }) => distribution);
}

/** What waits for an environment because nothing spoke of its release is judged again, as after a feed that was missing (`askFresh`). */
async function keepReleaseTimes(trx: Trx, distributions: readonly string[]): Promise<void> {
  const ecosystems = [...new Set(distributions.map((one) => parseOsvEcosystem(one).ecosystem))].sort();
  await sql`
    update advisory_feed_time set current_since = now() where ecosystem = any(${ecosystems}::text[])`.execute(trx);
}

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
    if (!isStorable(json)) rejected.push({ index, reason: 'record: contains NUL or half of a surrogate pair' });
    else if (known === undefined || instantOf(known) <= instantOf(record)) parsed.set(record.id, { record, json });
  }
  return { rejected, batch: [...parsed.values()].sort((a, b) => (a.record.id < b.record.id ? -1 : 1)) };
}

/** As they are stored, each once: names normalised. */
export function packagesOf(record: Pick<OsvRecord, 'affected'>): { ecosystem: string; name: string }[] {
  const packages = record.affected.flatMap(({ package: named }) => {
    if (named === undefined) return [];
    const { ecosystem } = parseOsvEcosystem(named.ecosystem);
    return [{ ecosystem, name: normalisePackageName(ecosystem, named.name) }];
  });
  return [...new Map(packages.map((one) => [`${one.ecosystem} ${one.name}`, one])).values()];
}

async function stage(db: Database, epoch: number, records: readonly unknown[]) {
  const { rejected, batch } = readBatch(records);
  const rows = batch.map(({ record, json }) => ({
    epoch,
    id: record.id,
    modified: record.modified,
    withdrawn: Boolean(record.withdrawn),
    record: json,
    record_digest: recordDigest(json),
    packages: JSON.stringify(packagesOf(record)),
  }));
  if (rows.length > 0)
    await db
      .insertInto('advisory_staged')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['epoch', 'id'])
          .doUpdateSet((eb) => ({
            modified: eb.ref('excluded.modified'),
            withdrawn: eb.ref('excluded.withdrawn'),
            record: eb.ref('excluded.record'),
            record_digest: eb.ref('excluded.record_digest'),
            packages: eb.ref('excluded.packages'),
          }))
          .where(
            sql<boolean>`rtrim(advisory_staged.modified, 'Z') collate "C" <= rtrim(excluded.modified, 'Z') collate "C"`,
          ),
      )
      .execute();
  return { stored: rows.length, rejected };
}

/** Waits for another import, however long that takes; holds up nobody who reads or matches until its last statement. */
async function activate(
  trx: Trx,
  begun: number,
  rejections: { readonly count: number; readonly first: readonly Rejection[] },
  { feed, ecosystems, isShipped }: BroughtFeed,
): Promise<EpochSummary> {
  const held = await holdEpoch(trx, begun);
  const { id: epoch } = held;
  const seen = await stagedEcosystems(trx, epoch);
  if (isShipped === undefined) await keepFeedTimes(trx, ecosystems ?? namedBy(held.source), seen);
  if (feed !== undefined) await keepFeed(trx, feed, seen);
  const staged = await merge(trx, epoch);
  if (seen.some(isDistribution))
    await keepReleaseTimes(trx, await noteDistributions(trx, await stagedDistributions(trx, epoch)));
  const { rows } = await sql<Record<'added' | 'updated' | 'withdrawn', number>>`
    select count(*) filter (where change = 'added')::int as added, count(*) filter (where change = 'updated')::int as updated,
      count(*) filter (where change = 'withdrawn')::int as withdrawn
    from advisory_change where epoch = ${epoch}`.execute(trx);
  const { added = 0, updated = 0, withdrawn = 0 } = rows[0] ?? {};
  const unchanged = staged - added - updated - withdrawn;
  const summary = { epoch, added, updated, withdrawn, unchanged, rejected: rejections.count };
  await trx.deleteFrom('advisory_staged').where('epoch', '=', epoch).execute();
  const state = await describeDatabase(trx);
  const { digest, records } = state;
  await endEpoch(trx, held, summary, { digest, records, rejections: rejections.first });
  await requestRescan(trx);
  // Last: whoever matches a component for the first time holds this row shared, and is seen by the rescan, or sees the epoch.
  await trx
    .updateTable('advisory_state')
    .set({ ...state, epoch, ...(isShipped === undefined && { synced_at: sql<Date>`now()` }) })
    .execute();
  return summary;
}

/**
 * Returns how many were staged. A record that is not newer, or says the same, is no change; one that is there outranks nothing where
 * it is of a time yet to come.
 */
async function merge(trx: Trx, epoch: number): Promise<number> {
  await sql`
    insert into advisory_change (epoch, advisory, change, packages)
    select ${epoch}, s.id,
      case when a.id is null then 'added' when s.withdrawn and not a.withdrawn then 'withdrawn' else 'updated' end,
      s.packages || coalesce((select jsonb_agg(jsonb_build_object('ecosystem', p.ecosystem, 'name', p.name))
        from advisory_package p where p.advisory = s.id), '[]')
    from advisory_staged s left join advisory a on a.id = s.id
    where s.epoch = ${epoch} and (a.id is null or (a.record_digest <> s.record_digest
      and (rtrim(a.modified, 'Z') collate "C" <= rtrim(s.modified, 'Z') collate "C"
        or a.modified collate "C" > ${new Date().toISOString()})))`.execute(trx);
  await sql`
    insert into advisory (id, modified, withdrawn, record, record_digest)
    select s.id, s.modified, s.withdrawn, s.record, s.record_digest
    from advisory_staged s join advisory_change c on c.epoch = s.epoch and c.advisory = s.id
    where s.epoch = ${epoch} order by s.id
    on conflict (id) do update set modified = excluded.modified, withdrawn = excluded.withdrawn, record = excluded.record,
      record_digest = excluded.record_digest`.execute(trx);
  await sql`
    delete from advisory_package p using advisory_change c where c.epoch = ${epoch} and c.advisory = p.advisory`.execute(
    trx,
  );
  await sql`
    insert into advisory_package (ecosystem, name, advisory)
    select p.ecosystem, p.name, s.id from advisory_staged s join advisory_change c on c.epoch = s.epoch and c.advisory = s.id
      cross join lateral jsonb_to_recordset(s.packages) as p(ecosystem text, name text)
    where s.epoch = ${epoch} on conflict do nothing`.execute(trx);
  const { rows } = await sql<{ staged: number }>`
    select count(*)::int as staged from advisory_staged where epoch = ${epoch}`.execute(trx);
  return rows[0]?.staged ?? 0;
}

async function describeDatabase(trx: Trx) {
  const rows = await trx
    .selectFrom('advisory')
    .select(['id', 'record_digest', 'modified'])
    .orderBy(sql`id collate "C"`)
    .execute();
  const now = new Date().toISOString();
  const newest = rows.reduce<string | null>(
    (latest, { modified }) => (modified <= now && (latest === null || modified > latest) ? modified : latest),
    null,
  );
  return {
    records: rows.length,
    digest: databaseDigest(rows.map((row) => ({ id: row.id, digest: row.record_digest }))),
    newest,
  };
}

/** Whoever brought them in is gone, and what was staged of them with nobody. */
async function failForgotten(db: Database): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select id from advisory_epoch where state = 'importing' and started_at < now() - make_interval(hours => ${FORGOTTEN_HOURS})
    order by id`.execute(db);
  for (const { id } of rows)
    await transact(db, (trx) => fail(trx, id, `it was not done within ${FORGOTTEN_HOURS} hours: import again`));
}

async function fail(trx: Trx, epoch: number, reason: string): Promise<void> {
  const failed = await trx
    .updateTable('advisory_epoch')
    .set({ state: 'failed', reason: reason.slice(0, REASON), ended_at: sql<Date>`now()` })
    .where('id', '=', epoch)
    .where('state', '=', 'importing')
    .returning(['source', 'actor'])
    .executeTakeFirst();
  if (failed === undefined) return;
  await trx.deleteFrom('advisory_staged').where('epoch', '=', epoch).execute();
  await appendOutbox(trx, {
    subject: advisoriesSubject,
    step: `epoch/${epoch}/failed`,
    type: 'advisories.sync-failed',
    actor: failed.actor,
    data: { epoch, source: failed.source, reason: reason.slice(0, REASON) },
  });
}
