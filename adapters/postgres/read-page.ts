import { type RawBuilder, sql } from 'kysely';

/** `after` is the `next` of the page before, element by element. */
export interface PageRequest {
  readonly limit: number;
  readonly after: readonly string[] | undefined;
}

export interface Page<T> {
  items: T[];
  /** Where the next page begins; absent on the last one. */
  next: string[] | undefined;
}

/** Cuts one row too many off, and says where the next page begins. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  request: PageRequest,
  positionOf: (row: Row) => string[],
  toItem: (row: Row) => T,
): Page<T> {
  const kept = rows.slice(0, request.limit);
  const last = kept.at(-1);
  return {
    items: kept.map(toItem),
    next: rows.length > request.limit && last !== undefined ? positionOf(last) : undefined,
  };
}

/** A time as text with all its microseconds: what a JavaScript Date would round away between two pages. */
export function exactTime(column: string): RawBuilder<string> {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
