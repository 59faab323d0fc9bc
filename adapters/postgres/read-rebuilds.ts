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
  const row = await db
    .selectFrom('rebuild')
    .leftJoin('blob', 'blob.digest', 'rebuild.difference')
    .selectAll('rebuild')
    .select('blob.bytes')
    .where('rebuild.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    repository: row.repository,
    digest: row.digest,
    incident: row.incident,
    state: row.state,
    source: row.source as Record<string, unknown> | null,
    newDigest: row.new_digest,
    difference: row.bytes === null ? null : (JSON.parse(row.bytes.toString()) as unknown),
    reason: row.reason,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}
