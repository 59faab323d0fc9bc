import { CatalogError } from './catalog-error.ts';

/** The lines of a file, of either kind of line end. Throws a CatalogError (TOO_MANY): lines that were not read may hold anything. */
export function splitLines(text: string, max: number): string[] {
  const lines = text.split(/\r?\n/, max + 1);
  if (lines.length > max) throw new CatalogError('TOO_MANY', `more than ${max} lines`);
  return lines;
}
