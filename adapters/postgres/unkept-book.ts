import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { QuarantineBook } from '../../domain/incident/quarantine-book.ts';
import type { Unkept, UnkeptBook } from '../../domain/incident/unkept-book.ts';
import { type Database, transact } from './database.ts';
import { appendOutbox } from './outbox.ts';

export function createUnkeptBook(db: Database, { places }: Pick<QuarantineBook, 'places'>): UnkeptBook {
  return {
    async unkept(limit) {
      const { rows } = await sql<{ incident: string; digest: Digest; destination: string; holders: string[] }>`
        select s.incident, s.digest, owed.destination,
          array(select a.repository from artifact a where a.digest = s.digest order by 1) as holders
        from incident_subject s, lateral jsonb_object_keys(s.detail -> 'notKept') owed(destination)
        where s.detail ? 'notKept' and s.state <> 'released' and (s.detail -> 'lost' ->> owed.destination) is null
        order by random() limit ${limit}`.execute(db);
      const found: Unkept[] = [];
      for (const { incident, digest, destination, holders } of rows) {
        const held = await places({ incident, digest });
        const holding = held.find((one) => one.destination === destination);
        // What runs from where it was pushed stays there: no copy is owed.
        if (holding === undefined) continue;
        const sources = [...new Set([...holders, holding.repository, destination])];
        found.push({ incident, digest, ...holding, sources });
      }
      return found;
    },
    recordKept: (one, source) =>
      settle(db, one, {
        detail: sql`detail #- array['notKept', ${one.destination}::text]`,
        type: 'artifact.kept',
        data: { from: source, keptIn: one.quarantine },
      }),
    recordLost: (one, reason) =>
      settle(db, one, {
        detail: sql`jsonb_set(detail, '{lost}', coalesce(detail -> 'lost', '{}') || jsonb_build_object(${one.destination}::text, ${reason}::text))`,
        type: 'artifact.copy-lost',
        data: { reason },
      }),
  };
}

/** The subject's detail and what is told, in one transaction; nothing where somebody else settled it before. */
function settle(
  db: Database,
  { incident, digest, destination, repository, environment }: Unkept,
  { detail, type, data }: { detail: ReturnType<typeof sql>; type: string; data: Readonly<Record<string, unknown>> },
): Promise<void> {
  return transact(db, async (trx) => {
    const { numAffectedRows = 0n } = await sql`
      update incident_subject set detail = ${detail}
      where incident = ${incident} and digest = ${digest} and (detail -> 'notKept' ->> ${destination}::text) is not null
        and (detail -> 'lost' ->> ${destination}::text) is null`.execute(trx);
    if (numAffectedRows === 0n) return;
    await appendOutbox(trx, {
      subject: `${repository}@${digest}`,
      step: `${type}/${incident}/${environment}`,
      type,
      actor: 'system',
      data: { incident, environment, takenFrom: destination, ...data },
    });
  });
}
