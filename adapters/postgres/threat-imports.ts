/** What is known of attacks, brought in whole: CISA's catalogue and FIRST's scores each take the place of the one before. */
import { createHash } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import type { EpochSummary, Rejection } from '../../domain/advisory/epoch.ts';
import type { ThreatImports, ThreatTable } from '../../domain/advisory/threat-imports.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { endEpoch, holdEpoch } from './advisory-epoch.ts';
import { type Database, transact } from './database.ts';
import type { Schema } from './schema.ts';
import { requestRescan } from './workflow-request.ts';

type Trx = Transaction<Schema>;
type Counts = Pick<EpochSummary, 'added' | 'updated' | 'withdrawn'>;

/** Rows in one statement. */
const BATCH = 20_000;

export function createThreatImports(db: Database): ThreatImports {
  return { activate: (epoch, table, rejections) => transact(db, (trx) => activate(trx, epoch, table, rejections)) };
}

/** Waits for another import, however long that takes. */
async function activate(
  trx: Trx,
  begun: number,
  table: ThreatTable,
  { count: rejected, first }: { readonly count: number; readonly first: readonly Rejection[] },
): Promise<EpochSummary> {
  if (table.entries.size === 0) throw new TypeError('a table without an entry takes the place of none');
  const held = await holdEpoch(trx, begun);
  const { id: epoch } = held;
  const counts =
    table.kind === 'kev' ? await replaceKev(trx, epoch, table.entries) : await replaceEpss(trx, table.entries);
  const records = table.entries.size;
  const summary = { epoch, ...counts, unchanged: records - counts.added - counts.updated, rejected };
  await endEpoch(trx, held, summary, { kind: table.kind, digest: digestOf(table), records, rejections: first });
  if (table.kind === 'kev') {
    await requestRescan(trx);
    // As an activation of advisories does it: last, for whoever matches a component for the first time holds the row shared.
    await trx.updateTable('advisory_state').set({ epoch }).execute();
  }
  return summary;
}

function digestOf({ entries }: ThreatTable): string {
  const hash = createHash('sha256');
  for (const [cve, entry] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${canonicalJson([cve, entry])}\n`);
  return `sha256:${hash.digest('hex')}`;
}

async function replaceKev(
  trx: Trx,
  epoch: number,
  entries: Extract<ThreatTable, { kind: 'kev' }>['entries'],
): Promise<Counts> {
  const rows = JSON.stringify(
    [...entries].map(([cve, { added, due = null, ransomware }]) => ({ cve, added, due, ransomware })),
  );
  const { rows: counted } = await sql<Counts>`
    with incoming as materialized (
        select * from jsonb_to_recordset(${rows}::jsonb) as r(cve text, added text, due text, ransomware boolean)),
      gone as (delete from known_exploited k where not exists (select from incoming i where i.cve = k.cve) returning cve),
      fresh as (select i.cve from incoming i where not exists (select from known_exploited k where k.cve = i.cve)),
      noted as (
        insert into known_exploited_change (epoch, cve, change)
        select ${epoch}::bigint, cve, 'added' from fresh union all select ${epoch}::bigint, cve, 'gone' from gone),
      written as (
        insert into known_exploited (cve, added, due, ransomware) select cve, added, due, ransomware from incoming
        on conflict (cve) do update set added = excluded.added, due = excluded.due, ransomware = excluded.ransomware
          where (known_exploited.added, known_exploited.due, known_exploited.ransomware)
            is distinct from (excluded.added, excluded.due, excluded.ransomware)
        returning cve)
    select (select count(*) from fresh)::int as added, (select count(*) from gone)::int as withdrawn,
      ((select count(*) from written) - (select count(*) from fresh))::int as updated`.execute(trx);
  return counted[0] ?? { added: 0, updated: 0, withdrawn: 0 };
}

async function replaceEpss(trx: Trx, entries: Extract<ThreatTable, { kind: 'epss' }>['entries']): Promise<Counts> {
  await sql`create temporary table epss_incoming (cve text primary key, score real, percentile real) on commit drop`.execute(
    trx,
  );
  const all = [...entries];
  for (let start = 0; start < all.length; start += BATCH) {
    const part = all.slice(start, start + BATCH);
    await sql`
      insert into epss_incoming select * from unnest(${part.map(([cve]) => cve)}::text[],
        ${part.map(([, { score }]) => score)}::real[], ${part.map(([, { percentile }]) => percentile)}::real[])`.execute(
      trx,
    );
  }
  const { rows } = await sql<Counts>`
    with gone as (delete from epss_score s where not exists (select from epss_incoming i where i.cve = s.cve) returning 1),
      fresh as (select count(*) as count from epss_incoming i where not exists (select from epss_score s where s.cve = i.cve)),
      written as (
        insert into epss_score (cve, score, percentile) select cve, score, percentile from epss_incoming
        on conflict (cve) do update set score = excluded.score, percentile = excluded.percentile
          where (epss_score.score, epss_score.percentile) is distinct from (excluded.score, excluded.percentile)
        returning 1)
    select (select count from fresh)::int as added, (select count(*) from gone)::int as withdrawn,
      ((select count(*) from written) - (select count from fresh))::int as updated`.execute(trx);
  return rows[0] ?? { added: 0, updated: 0, withdrawn: 0 };
}
