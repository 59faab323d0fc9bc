/** The first half of a rescan: what epochs changed, matched against the versions of those packages, and written. */
import { sql, type Transaction } from 'kysely';
import type { Finding } from '../../domain/advisory/finding.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Stock } from '../../domain/sbom/component.ts';
import { advisoryIdsOf } from './advisory-names.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import { matchKnown, matchUnmatched, rematchLeft } from './component-matches.ts';
import { type Database, transact } from './database.ts';
import { keepLeftApart } from './keep-left-apart.ts';
import { componentsOfPackages, type PackageName } from './known-component.ts';
import { type MatchedComponent, replaceMatches, writeChanges } from './replace-matches.ts';
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
  await keepLeftApart(db, progress);
  await rematchLeft(db);
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
    changes += await transact(db, (trx) => record(trx, epoch, matched));
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

async function record(trx: Trx, epoch: number, matched: readonly MatchedComponent[]): Promise<number> {
  const { rows: now } = await sql<{ epoch: number }>`select epoch from advisory_state for share`.execute(trx);
  if (now[0]?.epoch !== epoch) throw new EpochMoved();
  return replaceMatches(trx, epoch, matched);
}
