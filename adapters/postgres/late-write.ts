/** A worker that was paused past its lease may still write when it wakes, after the last reading back: the registry tells of it. */
import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { subjectOf } from '../../domain/artifact/subject.ts';
import { type Database, transact } from './database.ts';
import { advanceIncidentEpoch } from './epoch.ts';
import { reopenContained, requestQuarantines } from './fence.ts';
import { appendOutbox } from './outbox.ts';

interface LateWrite {
  readonly id: string;
  readonly repository: string;
  readonly digest: Digest;
}

/** Whether a quarantine of it, that stands, is over: what is pushed to an environment from now on nobody looks for. */
export async function isConfirmedOut(db: Database, digest: Digest): Promise<boolean> {
  const { rows } = await sql`
    select from incident_subject where digest = ${digest} and state = 'confirmed' limit 1`.execute(db);
  return rows.length > 0;
}

/** What was confirmed out is to be removed again, and confirmed again. The same event twice does so once. */
export function takeOutAgain(db: Database, writes: readonly LateWrite[]): Promise<void> {
  return transact(db, async (trx) => {
    await advanceIncidentEpoch(trx);
    const { rows } = await sql<{ incident: string; digest: Digest }>`
      update incident_subject set state = 'fenced', confirmed_at = null,
        detail = jsonb_set(detail, '{writtenLate}', to_jsonb(coalesce((detail ->> 'writtenLate')::int, 0) + 1))
      where digest = any(${writes.map(({ digest }) => digest)}::text[]) and state = 'confirmed'
      returning incident, digest`.execute(trx);
    for (const [incident, subjects] of Map.groupBy(rows, (row) => row.incident)) {
      await requestQuarantines(
        trx,
        incident,
        subjects.map(({ digest }) => digest),
      );
      await reopenContained(trx, incident);
    }
    const again = new Set(rows.map(({ digest }) => digest));
    for (const { id, repository, digest } of writes.filter((write) => again.has(write.digest)))
      await appendOutbox(trx, {
        subject: subjectOf({ repository, digest }),
        step: `late/${id}`,
        type: 'artifact.written-late',
        actor: 'system',
        data: { event: id },
      });
  });
}
