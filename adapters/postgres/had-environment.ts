import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Whether something is in an environment of that name, or was asked to enter it, whatever the policy says now. */
export async function hadEnvironment(db: Database, environment: string): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`
    select exists (select from placement where environment = ${environment})
      or exists (select from promotion where environment = ${environment}) as known`.execute(db);
  return rows[0]?.known === true;
}
