import { sql } from 'kysely';
import type { Executor } from './database.ts';

/** Grows whenever what is known of the components of this artifact's platforms changes. */
export async function readFindingsVersion(db: Executor, digest: string): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    select coalesce(sum(s.findings_version), 0)::int as version
    from artifact_contents x join stock s on s.digest = x.stock where x.digest = ${digest}`.execute(db);
  return rows[0]?.version ?? 0;
}
