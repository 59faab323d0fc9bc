/** Repositories in which something was let in, or was to be: the policy may have called them an environment's once, and no more. */
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { runsFromIntake } from './grandfathered.ts';

/** Those of `names` that hold, or held, something of ours. What runs from where it was pushed is not ours to take out. */
export async function leftPlaces(db: Database, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set();
  const { rows } = await sql<{ destination: string }>`
    select distinct p.destination from placement p
    where p.destination = any(${names}) and not ${runsFromIntake('p')}`.execute(db);
  return new Set(rows.map(({ destination }) => destination));
}
