/** The lock that covers predicates: durability rules, "Fence and placement". Taken before any fence. */
import { sql } from 'kysely';
import type { Executor } from './database.ts';

/** Reservations, go-lives and writes of facts a selector can name. */
export async function shareIncidentEpoch(trx: Executor): Promise<void> {
  await sql`select value from incident_epoch for share`.execute(trx);
}

/** Opening, changing, releasing and closing an incident: waits for every transaction that shares it. */
export async function advanceIncidentEpoch(trx: Executor): Promise<void> {
  await sql`update incident_epoch set value = value + 1`.execute(trx);
}

/** Verdicts of an earlier epoch are judged again. */
export async function advanceTrustEpoch(trx: Executor): Promise<void> {
  await sql`update trust_epoch set value = value + 1`.execute(trx);
}

export async function readTrustEpoch(trx: Executor): Promise<number> {
  const result = await sql<{ value: number }>`select value from trust_epoch`.execute(trx);
  return result.rows[0]?.value ?? 0;
}
