import type { Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** What people should look at. The same event tells of it once. */
export async function recordFinding(
  trx: Transaction<Schema>,
  finding: { kind: string; detail: Record<string, unknown>; subject: string; eventId: string },
): Promise<void> {
  await trx
    .insertInto('finding')
    .values({
      kind: finding.kind,
      subject: finding.subject,
      detail: JSON.stringify(finding.detail),
      event_id: finding.eventId,
    })
    .onConflict((conflict) => conflict.columns(['kind', 'subject', 'event_id']).doNothing())
    .execute();
}
