import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { workflowIds } from '../../domain/artifact/subject.ts';
import { PROMOTIONS_AT_ONCE, type QuarantineBook } from '../../domain/incident/quarantine-book.ts';
import { type Database, transact } from './database.ts';
import { advanceIncidentEpoch } from './epoch.ts';
import { runsFromIntake } from './grandfathered.ts';
import { openGeneration } from './intake-ledger.ts';
import { withHolders } from './nesting.ts';
import { appendOutbox } from './outbox.ts';
import type { PolicyStore } from './policy-store.ts';
import { holdingsOf, placesOf } from './quarantine-places.ts';
import type { Schema } from './schema.ts';

/** How late a child's quarantine may look again at the removal of its indexes: it looks more often at first. */
const REMOVAL_POLL_SECONDS = 60;

/** Ends the step of an event: what was written late is taken out, and told, once more. */
const timesBefore = (late: number): string => (late === 0 ? '' : `/${late}`);

export function createQuarantineBook(db: Database, policies: PolicyStore): QuarantineBook {
  return {
    async inFlight({ digest }, after = '') {
      const { rows } = await sql<{ environment: string; repository: string; lease: number | null }>`
        select environment, repository, extract(epoch from lease_expires_at - clock_timestamp())::float8 as lease
        from promotion where digest = ${digest}
          and (state in ('requested', 'waiting', 'reserved') or (state = 'quarantined' and ended_at > now() - interval '1 day'))`.execute(
        db,
      );
      const ids = rows.map(({ environment, repository }) => workflowIds.promotion(environment, { repository, digest }));
      const leases = rows.map(({ lease }) => lease ?? 0);
      if (await isInsideRemoval(db, digest)) leases.push(REMOVAL_POLL_SECONDS);
      const promotions = [...new Set(ids)].filter((id) => id > after).toSorted();
      return {
        promotions: promotions.slice(0, PROMOTIONS_AT_ONCE),
        leaseSeconds: Math.ceil(leases.reduce((longest, lease) => Math.max(longest, lease), 0)),
      };
    },
    holdings: async ({ digest }) => holdingsOf(db, await policies.current(), digest),
    places: async ({ digest }) => placesOf(db, await policies.current(), digest),
    async stands({ digest, incident }) {
      const row = await db
        .selectFrom('incident_subject')
        .select('state')
        .where('incident', '=', incident)
        .where('digest', '=', digest)
        .executeTakeFirst();
      return row !== undefined && row.state !== 'released';
    },
    async neededChildren({ digest }, destination, children) {
      // Reserved counts: it may have been copied already. What is fenced itself is on its way out, and needs nothing.
      const result = await sql<{ child: Digest }>`
        select child from unnest(${children}::text[]) as child where exists (
          select 1 from placement p
          where p.destination = ${destination} and p.state <> 'removed' and p.digest <> ${digest}
            and p.digest = any(${withHolders(sql.ref('child'))})
            and not exists (select 1 from artifact_fence f where f.digest = p.digest and f.state = 'fenced'))
        order by 1`.execute(db);
      return result.rows.map((row) => row.child);
    },
    async recordNotKept({ digest, incident }, { destination }, reason) {
      await sql`
        update incident_subject set detail = jsonb_set(detail #- array['lost', ${destination}::text], '{notKept}',
          coalesce(detail -> 'notKept', '{}') || jsonb_build_object(${destination}::text, ${reason}::text))
        where incident = ${incident} and digest = ${digest}`.execute(db);
    },
    recordRemoved: ({ digest, incident }, holding) =>
      transact(db, async (trx) => {
        await trx
          .updateTable('placement')
          .set({ state: 'removed', since: sql<Date>`now()` })
          .where('environment', '=', holding.environment)
          .where('destination', '=', holding.destination)
          .where('digest', '=', digest)
          .where('state', '<>', 'removed')
          .execute();
        await trx
          .updateTable('placement_claim')
          .set({ released_at: sql<Date>`coalesce(released_at, now())` })
          .where('environment', '=', holding.environment)
          .where('destination', '=', holding.destination)
          .where('digest', '=', digest)
          .execute();
        await trx
          .deleteFrom('channel')
          .where('environment', '=', holding.environment)
          .where('destination', '=', holding.destination)
          .where('digest', '=', digest)
          .execute();
        await trx
          .updateTable('incident_subject')
          .set({ state: 'removing' })
          .where('incident', '=', incident)
          .where('digest', '=', digest)
          .where('state', '=', 'fenced')
          .execute();
        const { rows } = await sql<{ reason: string | null; late: number; released: boolean }>`
          select detail -> 'notKept' ->> ${holding.destination}::text as reason, coalesce((detail ->> 'writtenLate')::int, 0) as late,
            state = 'released' as released
          from incident_subject where incident = ${incident} and digest = ${digest} for update`.execute(trx);
        const { reason: notKept, late, released } = rows[0] ?? { reason: null, late: 0, released: false };
        if (released) await askAgain(trx, digest);
        const kept = notKept === null ? { keptIn: holding.quarantine } : { keptIn: null, notKept };
        await appendOutbox(trx, {
          subject: `${holding.repository}@${digest}`,
          step: `removed/${incident}/${holding.environment}/${holding.destination}${timesBefore(late)}`,
          type: 'artifact.removed',
          actor: 'system',
          data: { incident, environment: holding.environment, from: holding.destination, ...kept },
        });
      }),
    confirm: ({ digest, incident }, seen) =>
      transact(db, async (trx) => {
        const confirmed = await trx
          .updateTable('incident_subject')
          .set({
            ...{ state: 'confirmed', confirmed_at: sql<Date>`now()` },
            detail: sql<string>`detail || ${JSON.stringify(seen)}::jsonb`,
          })
          // Gone is gone: every incident that holds it knows.
          .where('digest', '=', digest)
          .where('state', 'in', ['fenced', 'removing'])
          .returning(['incident', sql<number>`coalesce((detail ->> 'writtenLate')::int, 0)`.as('late')])
          .execute();
        const late = confirmed.find((subject) => subject.incident === incident)?.late ?? 0;
        const holders = await trx.selectFrom('artifact').select('repository').where('digest', '=', digest).execute();
        for (const { repository } of holders)
          await appendOutbox(trx, {
            subject: `${repository}@${digest}`,
            step: `confirmed/${incident}${timesBefore(late)}`,
            type: 'artifact.quarantined',
            actor: 'system',
            data: { incident, ...seen },
          });
      }),
    async unconfirmed(incident) {
      const row = await db
        .selectFrom('incident_subject')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('incident', '=', incident)
        .where('state', 'in', ['fenced', 'removing'])
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
    contain: (incident) =>
      transact(db, async (trx) => {
        await advanceIncidentEpoch(trx);
        const contained = await sql<{ subjects: number; late: number }>`
          update incident set state = 'contained', contained_at = now() where id = ${incident} and state = 'open'
            and not exists (select 1 from incident_subject s where s.incident = ${incident} and s.state in ('fenced', 'removing'))
          returning (select count(*) from incident_subject s where s.incident = ${incident}) as subjects,
            (select coalesce(sum((detail ->> 'writtenLate')::int), 0)::int from incident_subject s where s.incident = ${incident}) as late`.execute(
          trx,
        );
        const [row] = contained.rows;
        if (row === undefined) return;
        await appendOutbox(trx, {
          subject: `incident/${incident}`,
          // One that grew, or of which something was written late, is contained again.
          step: `contained/${row.subjects}${timesBefore(row.late)}`,
          type: 'incident.contained',
          actor: 'system',
          data: { subjects: row.subjects },
        });
      }),
  };
}

/** Let out while it was being removed: at the end of what the release had judged it still was where it was, and nothing was asked for. */
async function askAgain(trx: Transaction<Schema>, digest: Digest): Promise<void> {
  const holders = await trx
    .selectFrom('artifact')
    .select('repository')
    .where('digest', '=', digest)
    .where('kind', 'is not', null)
    .orderBy('repository')
    .execute();
  for (const { repository } of holders) await openGeneration(trx, { repository, digest }, 'release', undefined);
}

/**
 * An index is copied to its quarantine with its children before any of them goes: a child's own quarantine waits until
 * the fenced indexes that hold it are out.
 */
async function isInsideRemoval(db: Database, digest: Digest): Promise<boolean> {
  const { rows } = await sql`
    select 1 from placement p join artifact_fence f on f.digest = p.digest and f.state = 'fenced'
    where p.digest = any(${withHolders(digest)}) and p.digest <> ${digest} and p.state <> 'removed' and not ${runsFromIntake('p')} limit 1`.execute(
    db,
  );
  return rows.length > 0;
}
