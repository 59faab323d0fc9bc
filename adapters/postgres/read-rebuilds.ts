import type { Digest } from '../../domain/artifact/digest.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import type { Database } from './database.ts';

export interface RebuildDetail {
  id: string;
  repository: string;
  digest: string;
  incident: string | null;
  state: 'requested' | 'building' | 'identical' | 'different' | 'failed';
  source: Record<string, unknown> | null;
  newDigest: string | null;
  /** What differs, file by file, where something does: the stored JSON document. */
  difference: unknown;
  reason: string;
  requestedBy: string;
  requestedAt: string;
  endedAt: string | null;
}

export async function readRebuild(db: Database, id: string): Promise<RebuildDetail | undefined> {
  const row = await db.selectFrom('rebuild').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const difference =
    row.difference === null ? undefined : await createPostgresBlobStore(db).get(row.difference as Digest);
  return {
    id: row.id,
    repository: row.repository,
    digest: row.digest,
    incident: row.incident,
    state: row.state,
    source: row.source as Record<string, unknown> | null,
    newDigest: row.new_digest,
    difference: difference === undefined ? null : (JSON.parse(new TextDecoder().decode(difference)) as unknown),
    reason: row.reason,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}
