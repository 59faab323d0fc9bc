import { constants } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { afterImport, type FeedTimes, feedEcosystem } from '../../domain/advisory/feed-age.ts';
import type { FeedState } from '../../domain/advisory/feed-state.ts';
import { distributionsAmong } from '../../domain/advisory/left-to-distribution.ts';
import { instantOf, type OsvRecord } from '../../domain/advisory/osv-record.ts';
import { normalisePackageName, parseOsvEcosystem } from '../../domain/advisory/package-identity.ts';
import {
  type AdvisoryIndexState,
  type Epoch,
  INDEX_FORMAT,
  type IndexMeta,
  openAdvisoryIndex,
  type Rejection,
  wrapAdvisoryIndex,
} from './advisory-index.ts';
import { databaseDigest, recordDigest } from './database-digest.ts';
import type { FeedItem } from './feed.ts';

/** Rejections kept with their place; the count has them all. */
const KEPT_REJECTIONS = 100;
/** Ids of changed records kept with their epoch. */
const KEPT_CHANGES = 1000;

export interface IndexBuild {
  readonly items: AsyncIterable<FeedItem>;
  /** Said by `state()`: where the items come from. */
  readonly source: string;
  /** RFC 3339; undefined where the records were not synced but found. */
  readonly syncedAt: string | undefined;
  readonly fingerprint: string;
  /** Whose own feeds the items are; none where their place does not say. */
  readonly ecosystems?: readonly string[];
  /** An address they are from, and where to go on there: kept with them. Asked for once all items were read. */
  readonly feed?: { readonly address: string; readonly state: () => FeedState };
}

/** What one import changed. */
export interface ImportSummary {
  readonly added: number;
  readonly updated: number;
  /** Already there, in the same form or a newer one. */
  readonly unchanged: number;
  readonly rejected: { readonly count: number; readonly first: readonly Rejection[] };
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS record (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, modified TEXT NOT NULL, digest TEXT NOT NULL, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS package (ecosystem TEXT NOT NULL, name TEXT NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (ecosystem, name, record)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS epss (cve TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS kev (cve TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS epoch (number INTEGER PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS feed (address TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
  PRAGMA user_version = ${INDEX_FORMAT};
`;

/** Prepared once, used for every record. */
class IndexWriter {
  private readonly find: StatementSync;
  private readonly upsert: StatementSync;
  private readonly link: StatementSync;
  private readonly unlink: StatementSync;
  private readonly now = new Date().toISOString();
  /** Ecosystems of all records that were given. */
  readonly seen = new Set<string>();
  /** Releases of distributions, of all records that were given. */
  readonly distributions = new Set<string>();

  constructor(database: DatabaseSync) {
    this.find = database.prepare('SELECT key, modified, digest FROM record WHERE id = ?');
    this.upsert = database.prepare(
      'INSERT INTO record (id, modified, digest, json) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET modified = excluded.modified, digest = excluded.digest, json = excluded.json RETURNING key',
    );
    this.link = database.prepare('INSERT OR IGNORE INTO package (ecosystem, name, record) VALUES (?, ?, ?)');
    this.unlink = database.prepare('DELETE FROM package WHERE record = ?');
  }

  write(record: OsvRecord): 'added' | 'updated' | 'unchanged' {
    const named = record.affected.flatMap(({ package: one }) => one?.ecosystem ?? []);
    for (const ecosystem of named) this.seen.add(parseOsvEcosystem(ecosystem).ecosystem);
    for (const distribution of distributionsAmong(named)) this.distributions.add(distribution);
    const json = JSON.stringify(record);
    const digest = recordDigest(json);
    const present = this.find.get(record.id);
    if (present?.digest === digest) return 'unchanged';
    if (present !== undefined && this.isOlder(record, String(present.modified))) return 'unchanged';
    const key = Number(this.upsert.get(record.id, record.modified, digest, json)?.key);
    if (present !== undefined) this.unlink.run(key);
    for (const { package: named } of record.affected) {
      if (named === undefined) continue;
      const { ecosystem } = parseOsvEcosystem(named.ecosystem);
      this.link.run(ecosystem, normalisePackageName(ecosystem, named.name), key);
    }
    return present === undefined ? 'added' : 'updated';
  }

  /** Than what is there, which outranks nothing where it is of a time yet to come. */
  private isOlder(record: OsvRecord, modified: string): boolean {
    return modified <= this.now && instantOf({ modified }) > instantOf(record);
  }
}

function readState(database: DatabaseSync): Pick<AdvisoryIndexState, 'records' | 'digest' | 'newest' | 'ecosystems'> {
  const counted = database
    .prepare('SELECT count(*) AS records, max(modified) FILTER (WHERE modified <= ?) AS newest FROM record')
    .get(new Date().toISOString());
  const rows = database.prepare('SELECT id, digest FROM record ORDER BY id').iterate() as Iterable<{
    id: string;
    digest: string;
  }>;
  const ecosystems = database.prepare('SELECT DISTINCT ecosystem FROM package ORDER BY ecosystem').all();
  return {
    records: Number(counted?.records),
    newest: typeof counted?.newest === 'string' ? counted.newest : undefined,
    digest: databaseDigest(rows),
    ecosystems: ecosystems.map(({ ecosystem }) => String(ecosystem)),
  };
}

/** What the index says of itself before the import; undefined where there is none. */
function readBefore(database: DatabaseSync): AdvisoryIndexState | undefined {
  const row = database.prepare("SELECT value FROM meta WHERE key = 'meta'").get();
  return row === undefined ? undefined : (JSON.parse(String(row.value)) as IndexMeta).state;
}

/** Files of before have one time for all of them. */
function feedsOf(state: Pick<AdvisoryIndexState, 'feeds' | 'ecosystems' | 'syncedAt'> | undefined): FeedTimes {
  if (state?.feeds !== undefined) return state.feeds;
  const { syncedAt, ecosystems = [] } = state ?? {};
  return syncedAt === undefined ? {} : Object.fromEntries(ecosystems.map((ecosystem) => [ecosystem, { syncedAt }]));
}

/** Of records that nobody brought in: how new the newest of each ecosystem is; of a time yet to come none is. */
function newestByEcosystem(database: DatabaseSync): FeedTimes {
  const rows = database
    .prepare(
      'SELECT ecosystem, max(modified) AS newest FROM package JOIN record ON record.key = package.record WHERE modified <= ? GROUP BY ecosystem',
    )
    .all(new Date().toISOString());
  return Object.fromEntries(rows.map(({ ecosystem, newest }) => [String(ecosystem), { newest: String(newest) }]));
}

function recordEpoch(database: DatabaseSync, epoch: Omit<Epoch, 'number'>): void {
  database.prepare('INSERT INTO epoch (json) VALUES (?)').run(JSON.stringify(epoch));
}

/** Writes all items in one transaction: an error on the way leaves the database as it was. */
async function fillAdvisoryIndex(database: DatabaseSync, build: IndexBuild): Promise<ImportSummary> {
  database.exec(TABLES);
  const counts = { added: 0, updated: 0, unchanged: 0 };
  const rejected = { count: 0, first: [] as Rejection[] };
  database.exec('BEGIN');
  const writer = new IndexWriter(database);
  const isFirst = database.prepare('SELECT 1 FROM record LIMIT 1').get() === undefined;
  const changed: string[] = [];
  for await (const item of build.items) {
    if (item.kind === 'record') {
      const change = writer.write(item.record);
      counts[change]++;
      if (change !== 'unchanged' && !isFirst && changed.length < KEPT_CHANGES) changed.push(item.record.id);
    } else {
      rejected.count++;
      if (rejected.first.length < KEPT_REJECTIONS) rejected.first.push({ place: item.place, reason: item.reason });
    }
  }
  const before = readBefore(database);
  const sources = [build.source, ...(before?.sources ?? []).filter((source) => source !== build.source)].slice(0, 100);
  const { seen } = writer;
  const feeds =
    build.syncedAt === undefined
      ? newestByEcosystem(database)
      : afterImport(feedsOf(before), { named: build.ecosystems ?? [], seen, at: build.syncedAt });
  const { ecosystems, ...counted } = readState(database);
  const distributions = [...new Set([...(before?.distributions ?? []), ...writer.distributions])]
    .filter((one) => ecosystems.includes(parseOsvEcosystem(one).ecosystem))
    .sort();
  const about = { ...counted, ecosystems, distributions };
  const state: AdvisoryIndexState = { ...about, syncedAt: build.syncedAt, feeds, sources, rejected };
  const meta: IndexMeta = { state, fingerprint: build.fingerprint };
  database.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('meta', ?)").run(JSON.stringify(meta));
  const { source, syncedAt: at, feed } = build;
  if (feed !== undefined)
    keepFeed(database, feed.address, { ...feed.state(), ...withEcosystems(database, feed.address, seen) });
  recordEpoch(database, {
    source,
    kind: 'records',
    at,
    digest: state.digest,
    ...counts,
    rejected: rejected.count,
    changed,
  });
  database.exec('COMMIT');
  return { ...counts, rejected };
}

/** What a feed of no ecosystem in particular has had records of, now and before. */
function withEcosystems(
  database: DatabaseSync,
  address: string,
  seen: Iterable<string>,
): Pick<FeedState, 'ecosystems'> {
  if (feedEcosystem(address) !== undefined) return {};
  const row = database.prepare('SELECT json FROM feed WHERE address = ?').get(address);
  const known = row === undefined ? [] : ((JSON.parse(String(row.json)) as FeedState).ecosystems ?? []);
  return { ecosystems: [...new Set([...known, ...seen])].sort() };
}

function keepFeed(database: DatabaseSync, address: string, state: FeedState): void {
  database.prepare('INSERT OR REPLACE INTO feed (address, json) VALUES (?, ?)').run(address, JSON.stringify(state));
}

/** An address had nothing new at that time (RFC 3339): the index is as of then. In place, in one transaction. */
export function confirmFeed(file: string, address: string, state: FeedState, at: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE; ${TABLES}`);
    const row = database.prepare("SELECT value FROM meta WHERE key = 'meta'").get();
    const meta = JSON.parse(String(row?.value)) as IndexMeta;
    const named = feedEcosystem(address);
    const kept = withEcosystems(database, address, []);
    const brought = { named: named === undefined ? [] : [named], seen: kept.ecosystems ?? [], at };
    const feeds = afterImport(feedsOf(meta.state), brought);
    const confirmed: IndexMeta = { ...meta, state: { ...meta.state, syncedAt: at, feeds } };
    database.prepare("UPDATE meta SET value = ? WHERE key = 'meta'").run(JSON.stringify(confirmed));
    keepFeed(database, address, { ...state, ...kept });
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

async function isIndex(file: string): Promise<boolean> {
  try {
    using _ = openAdvisoryIndex(file);
    return true;
  } catch {
    return false;
  }
}

/** Changes a copy, and puts it in the place of the file when all is done. */
async function changeIndex<T>(
  file: string,
  { onto }: { readonly onto: boolean },
  change: (database: DatabaseSync) => T | Promise<T>,
): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.draft`;
  try {
    await rm(draft, { force: true });
    if (onto && (await isIndex(file))) await copyFile(file, draft, constants.COPYFILE_FICLONE);
    const database = new DatabaseSync(draft);
    let result: T;
    try {
      // The draft is thrown away on any failure: it needs no journal of its own.
      database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;');
      result = await change(database);
    } finally {
      database.close();
    }
    await rename(draft, file);
    return result;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Builds an index file, or with `onto` adds to the one that is there. The file appears, or changes, only when every item
 * was read: a feed that breaks off leaves the old state in force.
 */
export function buildAdvisoryIndex(
  file: string,
  build: IndexBuild,
  options: { readonly onto: boolean },
): Promise<ImportSummary> {
  return changeIndex(file, options, (database) => fillAdvisoryIndex(database, build));
}

/** What is known of attacks, by CVE: the whole of one source, which takes the place of what it said before. */
export interface ThreatImport {
  readonly kind: 'kev' | 'epss';
  readonly entries: ReadonlyMap<string, object>;
  readonly source: string;
  /** RFC 3339. */
  readonly at: string;
  readonly rejected: number;
}

/** Puts it into an index that is there. Throws an AdvisoryError where there is none. */
export async function importThreats(file: string, imported: ThreatImport): Promise<void> {
  const { kind, entries, source, at, rejected } = imported;
  openAdvisoryIndex(file)[Symbol.dispose]();
  await changeIndex(file, { onto: true }, (database) => {
    database.exec(`${TABLES} BEGIN; DELETE FROM ${kind};`);
    const insert = database.prepare(`INSERT INTO ${kind} (cve, json) VALUES (?, ?)`);
    for (const [cve, entry] of entries) insert.run(cve, JSON.stringify(entry));
    const { digest } = readState(database);
    recordEpoch(database, {
      source,
      kind,
      at,
      digest,
      added: entries.size,
      updated: 0,
      unchanged: 0,
      rejected,
      changed: [],
    });
    database.exec('COMMIT');
  });
}

/** An index that lives as long as it is open, for machines where nothing may be written. */
export async function buildAdvisoryIndexInMemory(build: IndexBuild): Promise<ReturnType<typeof wrapAdvisoryIndex>> {
  const database = new DatabaseSync(':memory:');
  await fillAdvisoryIndex(database, build);
  return wrapAdvisoryIndex(database, build.source);
}
