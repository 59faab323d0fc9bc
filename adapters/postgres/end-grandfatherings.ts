/** What could stay until a date, and stays: found when the date is over, told once, and judged again. */
import { sql, type Transaction } from 'kysely';
import { type ArtifactKey, subjectOf } from '../../domain/artifact/subject.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import { type Database, transact } from './database.ts';
import { isAdmitted } from './grandfathered.ts';
import { openGeneration } from './intake-ledger.ts';
import { appendOutbox } from './outbox.ts';
import { recordFinding } from './record-finding.ts';
import type { Schema } from './schema.ts';

/** Told in one transaction. */
const TOGETHER = 100;
const REASONS = 20;

interface Over extends ArtifactKey {
  readonly id: string;
  readonly environment: string;
  readonly destination: string;
  readonly until: Date;
  readonly reason: string;
  readonly made_by: string;
  /** Still there, by no promotion, and by no newer import. */
  readonly found: boolean;
  readonly verdict: Verdict | null;
}

export interface EndedGrandfatherings {
  readonly ended: number;
  /** RFC 3339: when the next one ends; undefined where none does. */
  readonly next: string | undefined;
}

/** Tried again after any of its transactions, it goes on where it stopped: who was told is a row. */
export async function endGrandfatherings(
  db: Database,
  progress: (place: string) => void,
): Promise<EndedGrandfatherings> {
  let ended = 0;
  for (;;) {
    const told = await transact(db, endSome);
    if (told === 0) break;
    ended += told;
    progress(`${ended} grandfatherings ended`);
  }
  const { rows } = await sql<{ next: Date | null }>`
    select min(until) as next from grandfathering g
    where not exists (select from grandfathering_end e where e.grandfathering = g.id)`.execute(db);
  return { ended, next: rows[0]?.next?.toISOString() };
}

async function endSome(trx: Transaction<Schema>): Promise<number> {
  const { rows } = await sql<Over>`
    with over as materialized (
      select g.* from grandfathering g where g.until <= clock_timestamp()
        and not exists (select from grandfathering_end e where e.grandfathering = g.id)
      order by g.repository, g.digest, g.id limit ${TOGETHER}
    ), judged as (
      select o.*, exists (select from placement p where p.environment = o.environment and p.destination = o.destination
            and p.digest = o.digest and p.state = 'live')
          and not ${isAdmitted('o')}
          and not exists (select from grandfathering n where n.environment = o.environment and n.destination = o.destination
            and n.digest = o.digest and n.made_at > o.made_at) as found,
        (select v.body from verdict v where v.repository = o.repository and v.digest = o.digest and v.environment = o.environment
          order by v.evaluated_at desc, v.id desc limit 1) as verdict
      from over o
    ), told as (
      insert into grandfathering_end (grandfathering, found) select id, found from judged on conflict do nothing
      returning grandfathering)
    select j.id, j.environment, j.repository, j.digest, j.destination, j.until, j.reason, j.made_by, j.found, j.verdict
    from judged j join told t on t.grandfathering = j.id order by j.repository, j.digest, j.id`.execute(trx);
  for (const one of rows) if (one.found) await tell(trx, one);
  return rows.length;
}

async function tell(trx: Transaction<Schema>, one: Over): Promise<void> {
  const against = (one.verdict?.gates ?? []).filter(({ verdict }) => verdict !== 'pass');
  const detail = {
    ...{ environment: one.environment, destination: one.destination, until: one.until.toISOString() },
    ...{ reason: one.reason, by: one.made_by, verdict: one.verdict?.outcome ?? 'none' },
  };
  // Its verdict may be as old as the import.
  await openGeneration(trx, one, 'import', undefined);
  const subject = subjectOf(one);
  await recordFinding(trx, {
    ...{ kind: 'grandfathering-ended', detail, subject, eventId: `grandfathering/${one.id}` },
  });
  await appendOutbox(trx, {
    subject,
    step: `grandfathering-ended/${one.id}`,
    type: 'artifact.grandfathering-ended',
    actor: 'system',
    data: {
      ...detail,
      gates: against.slice(0, REASONS).map(({ gate, verdict, reason }) => ({ gate, verdict, reason })),
    },
  });
}
