/** Advisories in one SQLite file: opens in milliseconds, and a lookup reads the records it needs and no others. */
import { DatabaseSync } from 'node:sqlite';
import type { AdvisoryDatabase, AdvisoryDatabaseState } from '../../domain/advisory/database.ts';
import { type OsvRecord, parseOsvRecord } from '../../domain/advisory/osv-record.ts';
import { normalisePackageName } from '../../domain/advisory/package-identity.ts';
import type { Ecosystem } from '../../domain/sbom/component.ts';
import { AdvisoryError } from './advisory-error.ts';

/** Raised when tables or the record form change: older files are then built again, or have to be synced again. */
export const INDEX_FORMAT = 1;

/** A record of the feed that could not be read. */
export interface Rejection {
  readonly place: string;
  readonly reason: string;
}

export interface AdvisoryIndexState extends AdvisoryDatabaseState {
  /** Where the records were brought in from, last first. */
  readonly sources: readonly string[];
  readonly rejected: { readonly count: number; readonly first: readonly Rejection[] };
}

export interface AdvisoryIndex extends AdvisoryDatabase, Disposable {
  state(): Promise<AdvisoryIndexState>;
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

  [Symbol.dispose](): void {
    this.database.close();
  }
}

function decodeRow(row: Record<string, unknown>): OsvRecord {
  const parsed = parseOsvRecord(JSON.parse(String(row.json)));
  if (parsed.kind === 'record') return parsed.record;
  throw new AdvisoryError('DATABASE_UNREADABLE', `the advisory index holds a damaged record (${parsed.reason})`);
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
