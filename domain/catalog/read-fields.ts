/** Values of a shape nobody has checked: what is not as expected reads as absent, and counts are bounded. */
import { CatalogError } from './catalog-error.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** Packages, files or names in one file. */
const MAX_ENTRIES = 200_000;
const MAX_TEXT_LENGTH = 4096;

const none: Fields = {};

/** The object itself; an empty one for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : none;
}

/** Text of 1 to 4096 characters; what is longer names nothing. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_LENGTH ? value : undefined;
}

/** Throws a CatalogError (TOO_MANY) above 200,000 elements. */
export function listOf(value: unknown): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  return bounded(list);
}

/** Throws a CatalogError (TOO_MANY) above 200,000 fields. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return bounded(Object.entries(fieldsOf(value)));
}

/** The names of the fields, such as those of a map of dependencies. */
export function namesOf(value: unknown): readonly string[] {
  return bounded(Object.keys(fieldsOf(value)));
}

/** Throws a CatalogError (UNEXPECTED_SHAPE) where the value is no object: the file is not what its name says. */
export function requireFields(value: unknown, what: string): Fields {
  const fields = fieldsOf(value);
  if (fields === none) throw new CatalogError('UNEXPECTED_SHAPE', `${what} is not as its tool writes it`);
  return fields;
}

function bounded<T>(list: readonly T[]): readonly T[] {
  if (list.length > MAX_ENTRIES) throw new CatalogError('TOO_MANY', `more than ${MAX_ENTRIES} entries`);
  return list;
}
