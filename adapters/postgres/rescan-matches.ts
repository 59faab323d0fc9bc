/** The first half of a rescan: what epochs changed, matched against the versions of those packages, and written. */
import { sql, type Transaction } from 'kysely';
import type { Finding, Undecided } from '../../domain/advisory/finding.ts';
import { type FindingChange, findingChanges, type Matched } from '../../domain/advisory/finding-changes.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { advisoryIdsOf } from './advisory-names.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import { type MatchedComponent, matchKnown, matchUnmatched, writeMatches } from './component-matches.ts';
import { type Database, transact } from './database.ts';
import { componentsOfPackages, type KnownComponent, type PackageName } from './known-component.ts';
import type { Schema } from './schema.ts';
import { storeLayers } from './stock-layers.ts';

type Trx = Transaction<Schema>;
type Progress = (place: string) => void;

/** Packages matched in one transaction. */
const PACKAGES = 200;
/** More than the versions of so many packages ever are. */
const MOST_VERSIONS = 1_000_000;
/** Stocks of before that are read again in one go. */
const STOCKS = 20;

export interface EpochMatch {
  readonly epoch: number;
  /** Component versions that were looked at. */
  readonly versions: number;
  /** Of those, what is different now. */
  readonly changes: number;
}

/** Thrown, and caught here, where an epoch is activated while one is matched. */
class EpochMoved extends Error {}

/** Stocks and versions that a worker of before wrote: from then on rescans keep them. */
export async function catchUp(db: Database, progress: Progress): Promise<void> {
  const blobs = createPostgresBlobStore(db);
  for (;;) {
    const rows = await db
      .selectFrom('stock')
      .select('digest')
      .where('layered', '=', false)
      .orderBy('id')
      .limit(STOCKS)
      .execute();
    if (rows.length === 0) break;
    for (const { digest } of rows) {
      progress(`reading ${digest}`);
      const stock = JSON.parse(new TextDecoder().decode(await blobs.get(digest as Digest))) as Stock;
      await transact(db, async (trx) => {
        await storeLayers(trx, digest as Digest, stock);
        await sql`update stock s set scanned_at = (select max(scanned_at) from scan where stock = s.digest)
          where digest = ${digest} and scanned_at is null`.execute(trx);
      });
    }
  }
  while ((await matchUnmatched(db)) > 0) progress('matching what is new');
}

/** Matches what changed since the epoch that was last gone through. Tried again, it finds what it wrote and changes nothing. */
export async function matchEpochs(db: Database, progress: Progress): Promise<EpochMatch> {
  for (;;) {
    try {
      return await matchTo(db, await readEpoch(db), progress);
    } catch (error) {
      if (!(error instanceof EpochMoved)) throw error;
    }
  }
}

async function readEpoch(db: Database): Promise<{ epoch: number; through: number }> {
  const { rows } = await sql<{ epoch: number; through: number }>`
    select a.epoch, r.through from advisory_state a, rescan_state r`.execute(db);
  return rows[0] ?? { epoch: 0, through: 0 };
}

async function matchTo(
  db: Database,
  { epoch, through }: { epoch: number; through: number },
  progress: Progress,
): Promise<EpochMatch> {
  const { rows: packages } = await sql<PackageName>`
    select distinct p.ecosystem, p.name from advisory_change c
      cross join lateral jsonb_to_recordset(c.packages) as p(ecosystem text, name text)
    where c.epoch > ${through} and c.epoch <= ${epoch} order by 1, 2`.execute(db);
  let versions = 0;
  let changes = 0;
  for (let start = 0; start < packages.length; start += PACKAGES) {
    progress(`matching ${start} of ${packages.length} packages`);
    const rows = await componentsOfPackages(db, packages.slice(start, start + PACKAGES), MOST_VERSIONS);
    if (rows.length === 0) continue;
    const matched = await matchKnown(db, rows);
    versions += rows.length;
    changes += await transact(db, (trx) => record(trx, epoch, rows, matched));
  }
  progress('looking for what is attacked');
  changes += await transact(db, (trx) => recordExploited(trx, through, epoch));
  return { epoch, versions, changes };
}

/** Findings that are there, and whose vulnerability came into CISA's catalogue, or left it. What is new besides stays new. */
async function recordExploited(trx: Trx, through: number, epoch: number): Promise<number> {
  const { rows: cves } = await sql<{ cve: string; change: 'added' | 'gone' }>`
    select distinct on (cve) cve, change from known_exploited_change
    where epoch > ${through} and epoch <= ${epoch} order by cve, epoch desc`.execute(trx);
  if (cves.length === 0) return 0;
  const changeOf = new Map(cves.map(({ cve, change }) => [cve, change]));
  const ids = await advisoryIdsOf(trx, [...changeOf.keys()]);
  await sql`select 1 from rescan_state for no key update`.execute(trx);
  const { rows } = await sql<{ component: number; body: Finding }>`
    select component, body from component_finding where advisory = any(${ids}::text[]) and decided`.execute(trx);
  const changes = rows.flatMap(({ component, body: { advisory, severity, fixedIn, ...finding } }) => {
    const found = [advisory, ...finding.aliases, ...(finding.upstream ?? [])].flatMap(
      (name) => changeOf.get(name) ?? [],
    );
    if (found.length === 0) return [];
    const change = found.includes('added') ? ('exploited' as const) : ('changed' as const);
    return [{ component, advisory, severity, fixedIn, change }];
  });
  await writeChanges(trx, epoch, changes, 'keep');
  return changes.length;
}

/** Only versions whose findings differ are written, and only their stocks are of another version then. */
async function record(
  trx: Trx,
  epoch: number,
  rows: readonly KnownComponent[],
  matched: readonly MatchedComponent[],
): Promise<number> {
  const { rows: now } = await sql<{ epoch: number }>`select epoch from advisory_state for share`.execute(trx);
  if (now[0]?.epoch !== epoch) throw new EpochMoved();
  await sql`select 1 from rescan_state for no key update`.execute(trx);
  const before = await readMatches(
    trx,
    rows.map(({ id }) => id),
  );
  const different = matched.filter((one) => !isSame(before.get(one.id) ?? nothing, one));
  if (different.length === 0) return 0;
  await writeMatches(trx, different);
  const changes = different.flatMap((one) =>
    findingChanges(before.get(one.id) ?? nothing, one).map((change) => ({ component: one.id, ...change })),
  );
  await writeChanges(trx, epoch, changes);
  return changes.length;
}

const nothing: Matched = { findings: [], undecided: [] };

function isSame(a: Matched, b: Matched): boolean {
  return canonicalJson([a.findings, a.undecided]) === canonicalJson([b.findings, b.undecided]);
}

async function readMatches(trx: Trx, ids: readonly number[]): Promise<Map<number, Matched>> {
  const { rows } = await sql<{ component: number; decided: boolean; body: Finding | Undecided }>`
    select component, decided, body from component_finding where component = any(${ids}::bigint[])
    order by component, position`.execute(trx);
  return new Map(
    [...Map.groupBy(rows, ({ component }) => component)].map(([component, own]) => [
      component,
      {
        findings: own.filter(({ decided }) => decided).map(({ body }) => body as Finding),
        undecided: own.filter(({ decided }) => !decided).map(({ body }) => body as Undecided),
      },
    ]),
  );
}

async function writeChanges(
  trx: Trx,
  epoch: number,
  changes: readonly (Omit<FindingChange, 'change'> & {
    readonly component: number;
    readonly change: FindingChange['change'] | 'exploited';
  })[],
  before: 'keep' | 'replace' = 'replace',
): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(({ fixedIn, ...change }) => ({ ...change, fixed_in: fixedIn ?? null }));
  await sql`
    insert into finding_change (epoch, component, advisory, change, severity, fixed_in)
    select ${epoch}, component, advisory, change, severity, fixed_in from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(component bigint, advisory text, change text, severity text, fixed_in text)
    on conflict (epoch, component, advisory) ${
      before === 'keep'
        ? sql`do nothing`
        : sql`do update set change = excluded.change, severity = excluded.severity, fixed_in = excluded.fixed_in, told_at = null`
    }`.execute(trx);
  const ids = [...new Set(changes.map(({ component }) => component))];
  await sql`
    update stock set findings_version = findings_version + 1 where id in (
      select l.stock from layer_component m join stock_layer l on l.layer_set = m.layer_set
      where m.component = any(${ids}::bigint[]))`.execute(trx);
}
