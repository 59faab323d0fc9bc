import type { ColumnType, JSONColumnType } from 'kysely';

export type Time = ColumnType<Date, Date | string | undefined, Date | string>;
export type MaybeTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
/** Read as a value, written as text. */
export type Json<T> = JSONColumnType<T & (object | null), string, string>;
export type Defaulted<T> = ColumnType<T, T | undefined, T>;
