import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { lockFences } from './fence.ts';
import type { Schema } from './schema.ts';

/**
 * Which of an artifact's stocks run, looked at again under its fence, after they were written down: while the artifact went live
 * neither saw the other, and from here on whoever wants to go live waits. After the epoch was shared.
 */
export async function markLiveStocks(trx: Transaction<Schema>, artifact: Digest): Promise<void> {
  await lockFences(trx, [artifact]);
  await sql`select mark_live_stocks(${artifact})`.execute(trx);
}
