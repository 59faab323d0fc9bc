/** Advisories in one SQLite file: opens in milliseconds, and a lookup reads the records it needs and no others. */
import { DatabaseSync } from 'node:sqlite';
import type { AdvisoryDatabase, AdvisoryDatabaseState } from '../../domain/advisory/database.ts';
import type { FeedState } from '../../domain/advisory/feed-state.ts';
import type { OsvRecord } from '../../domain/advisory/osv-record.ts';
import { normalisePackageName } from '../../domain/advisory/package-identity.ts';
import type { Threat, ThreatDatabase } from '../../domain/advisory/threat.ts';
import type { Ecosystem } from '../../domain/sbom/component.ts';
import { AdvisoryError } from './advisory-error.ts';

/** Raised when tables, the record form or the names that records are found by change: older files are then built again, or have to be synced again. */
export const INDEX_FORMAT = 5;

/** A record of the feed that could not be read. */
export interface Rejection {
  readonly place: string;
  readonly reason: string;
}

/** One import: what came from where, and what it changed. */
export interface Epoch {
  readonly number: number;
  readonly source: string;
  readonly kind: 'records' | 'kev' | 'epss';
  /** RFC 3339; undefined where the records were not synced but found. */
  readonly at: string | undefined;
  /** `sha256:<hex>` over all records after it. */
  readonly digest: string;
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly rejected: number;
  /** Ids of records it changed, the first thousand; of the very first import none, which changed all. */
  readonly changed: readonly string[];
}

export interface AdvisoryIndexState extends AdvisoryDatabaseState {
  /** Where the records were brought in from, last first. */
  readonly sources: readonly string[];
  readonly rejected: { readonly count: number; readonly first: readonly Rejection[] };
}

export interface AdvisoryIndex extends AdvisoryDatabase, ThreatDatabase, Disposable {
  state(): Promise<AdvisoryIndexState>;
  /** The last imports, newest first. */
  epochs(most: number): readonly Epoch[];
  /** What was kept of an address; undefined where it was never brought in from. */
  feedState(address: string): FeedState | undefined;
  /** What the index was built from, as `buildAdvisoryIndex` was told. */
  readonly fingerprint: string;
}

/** Values of the `meta` table. */
export interface IndexMeta {
  readonly state: AdvisoryIndexState;
  readonly fingerprint: string;
}

class SqliteAdvisoryIndex implements AdvisoryIndex {
  private readonly database: DatabaseSync;
  private readonly meta: IndexMeta;

  constructor(database: DatabaseSync, meta: IndexMeta) {
    this.database = database;
    this.meta = meta;
  }

  get fingerprint(): string {
    return this.meta.fingerprint;
  }

  async state(): Promise<AdvisoryIndexState> {
    return this.meta.state;
  }

  async lookup(ecosystem: Ecosystem, names: readonly string[]): Promise<ReadonlyMap<string, readonly OsvRecord[]>> {
    const select = this.database.prepare(
      'SELECT record.json AS json FROM package JOIN record ON record.key = package.record WHERE ecosystem = ? AND name = ?',
    );
    const found = new Map<string, readonly OsvRecord[]>();
    for (const name of names) {
      const rows = select.all(ecosystem, normalisePackageName(ecosystem, name));
      if (rows.length > 0) found.set(name, rows.map(decodeRow));
    }
    return found;
  }

  async threats(ids: readonly string[]): Promise<ReadonlyMap<string, Threat>> {
    const [epss, kev] = ['epss', 'kev'].map((table) =>
      this.database.prepare(`SELECT json FROM ${table} WHERE cve = ?`),
    );
    const found = new Map<string, Threat>();
    for (const id of ids) {
      if (!id.startsWith('CVE-')) continue;
      const [score, exploited] = [epss!.get(id)?.json, kev!.get(id)?.json];
      if (score === undefined && exploited === undefined) continue;
      found.set(id, {
        ...(score === undefined ? {} : { epss: JSON.parse(String(score)) }),
        ...(exploited === undefined ? {} : { kev: JSON.parse(String(exploited)) }),
      });
    }
    return found;
  }

  epochs(most: number): readonly Epoch[] {
    const rows = this.database.prepare('SELECT number, json FROM epoch ORDER BY number DESC LIMIT ?').all(most);
    return rows.map(({ number, json }) => ({ ...JSON.parse(String(json)), number: Number(number) }));
  }

  feedState(address: string): FeedState | undefined {
    // Files of before have no such table.
    const has = this.database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'feed'").get();
    if (has === undefined) return undefined;
    const row = this.database.prepare('SELECT json FROM feed WHERE address = ?').get(address);
    return row === undefined ? undefined : (JSON.parse(String(row.json)) as FeedState);
  }

  [Symbol.dispose](): void {
    this.database.close();
  }
}

function decodeRow(row: Record<string, unknown>): OsvRecord {
  // Written by us, after the schema had passed it: only that it is whole is checked.
  try {
    return JSON.parse(String(row.json)) as OsvRecord;
  } catch (cause) {
    throw new AdvisoryError('DATABASE_UNREADABLE', 'the advisory index holds a damaged record', { cause });
  }
}

/** Wraps an open database; throws an AdvisoryError where it is none of this format. */
export function wrapAdvisoryIndex(database: DatabaseSync, place: string): AdvisoryIndex {
  try {
    const version = database.prepare('PRAGMA user_version').get()?.user_version;
    if (version !== INDEX_FORMAT) throw new Error(`format ${String(version)}, expected ${INDEX_FORMAT}`);
    const row = database.prepare("SELECT value FROM meta WHERE key = 'meta'").get();
    const { state, fingerprint } = JSON.parse(String(row?.value)) as IndexMeta;
    // JSON leaves out what is undefined.
    return new SqliteAdvisoryIndex(database, {
      state: { ...state, newest: state.newest, syncedAt: state.syncedAt },
      fingerprint,
    });
  } catch (cause) {
    database.close();
    throw new AdvisoryError(
      'DATABASE_UNREADABLE',
      `${place}: not an advisory index of this version; run pratique advisories sync again`,
      { cause },
    );
  }
}

/** Opens an index file. Throws an AdvisoryError where it is missing, damaged, or of another format. */
export function openAdvisoryIndex(file: string): AdvisoryIndex {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(file, { readOnly: true });
  } catch (cause) {
    throw new AdvisoryError('DATABASE_UNREADABLE', `${file}: no advisory index there`, { cause });
  }
  return wrapAdvisoryIndex(database, file);
}
