import type { Database } from './database.ts';

export interface PolicyRecord {
  version: number;
  digest: string;
  fileName: string;
  /** The file as it was activated. */
  text: string;
  activatedBy: string;
  activatedAt: string;
  /** The policy signer whose signature came with it; null where none did. */
  signedBy: string | null;
}

/** The policy in force; undefined where none was ever activated. */
export async function readCurrentPolicy(db: Database): Promise<PolicyRecord | undefined> {
  const row = await db.selectFrom('policy').selectAll().orderBy('version', 'desc').limit(1).executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    version: row.version,
    digest: row.digest,
    fileName: row.file_name,
    text: row.body,
    activatedBy: row.activated_by,
    activatedAt: row.activated_at.toISOString(),
    signedBy: row.signed_by,
  };
}
