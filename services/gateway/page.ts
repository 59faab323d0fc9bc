/** Lists come a page at a time; a cursor says where the next one begins. */
import { z } from 'zod';
import type { Page, PageRequest } from '../../adapters/postgres/read-page.ts';
import { ApiError } from './api-error.ts';

const MAX_LIMIT = 200;

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(50),
  cursor: z.string().max(4096).optional().describe('`next` of the page before'),
};

export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

const positionSchema = z.array(z.string().max(1024)).min(1).max(6);

/** `elements` is how many parts this list's cursors have. Throws ApiError for a cursor of another list, or of none. */
export function readPageQuery(query: { limit: number; cursor?: string | undefined }, elements: number): PageRequest {
  if (query.cursor === undefined) return { limit: query.limit, after: undefined };
  let position: unknown;
  try {
    position = JSON.parse(Buffer.from(query.cursor, 'base64url').toString());
  } catch {
    position = undefined;
  }
  const parsed = positionSchema.length(elements).safeParse(position);
  if (parsed.success) return { limit: query.limit, after: parsed.data };
  throw foreignCursor();
}

/** For a cursor of another list, or of none. */
export function foreignCursor(): ApiError {
  return new ApiError(400, 'INVALID_REQUEST', 'the cursor is not one this list gave', { place: 'querystring.cursor' });
}

export function toPage<T>(page: Page<T>): { items: T[]; next: string | null } {
  return {
    items: page.items,
    next: page.next === undefined ? null : Buffer.from(JSON.stringify(page.next)).toString('base64url'),
  };
}
