import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { workflowIds } from '../../domain/artifact/subject.ts';
import type { Holding, QuarantineBook } from '../../domain/incident/quarantine-book.ts';
import { isEnvironmentRepository, quarantineRepositoryOf } from '../../domain/policy/environments.ts';
import { type Database, transact } from './database.ts';
import { advanceIncidentEpoch } from './epoch.ts';
import { appendOutbox } from './outbox.ts';
import type { PolicyStore } from './policy-store.ts';

export function createQuarantineBook(db: Database, policies: PolicyStore): QuarantineBook {
  return {
    async inFlight({ digest }) {
      const result = await sql<{
        environment: string;
        repository: string;
        state: string;
        lease: number | null;
        ended: boolean;
      }>`
        select environment, repository, state, extract(epoch from lease_expires_at - now())::float8 as lease, ended_at is not null as ended
        from promotion where digest = ${digest} and (state in ('requested', 'waiting', 'reserved') or (state = 'quarantined' and ended_at > now() - interval '1 day'))`.execute(
        db,
      );
      const leases = result.rows.filter((row) => row.state === 'reserved').map((row) => Math.max(0, row.lease ?? 0));
      return {
        promotions: [
          ...new Set(
            result.rows.map((row) => workflowIds.promotion(row.environment, { repository: row.repository, digest })),
          ),
        ],
        leaseSeconds: Math.ceil(Math.max(0, ...leases)),
      };
    },
    async holdings({ digest }) {
      const policy = await policies.current();
      const rows = await db
        .selectFrom('placement')
        .select(['environment', 'destination'])
        .where('digest', '=', digest)
        .execute();
      return rows.flatMap(({ environment, destination }): Holding[] => {
        const repository = isEnvironmentRepository(policy, destination)?.repository;
        return repository === undefined
          ? []
          : [{ environment, destination, repository, quarantine: quarantineRepositoryOf(policy, repository) }];
      });
    },
    async stands({ digest, incident }) {
      const row = await db
        .selectFrom('incident_subject')
        .select('state')
        .where('incident', '=', incident)
        .where('digest', '=', digest)
        .executeTakeFirst();
      return row !== undefined && row.state !== 'released';
    },
    async neededChildren({ digest }, destination) {
      const result = await sql<{ child: Digest }>`
        select distinct mine.child from artifact_edge mine
        join artifact_edge other on other.child = mine.child and other.parent <> mine.parent
        join placement p on p.digest = other.parent and p.destination = ${destination} and p.state = 'live'
        where mine.parent = ${digest}
        union select e.child from artifact_edge e join placement p on p.digest = e.child and p.destination = ${destination} and p.state = 'live' where e.parent = ${digest}`.execute(
        db,
      );
      return result.rows.map((row) => row.child);
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
          .deleteFrom('placement_claim')
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
        await appendOutbox(trx, {
          subject: `${holding.repository}@${digest}`,
          step: `removed/${incident}/${holding.environment}`,
          type: 'artifact.removed',
          actor: 'system',
          data: { incident, environment: holding.environment, from: holding.destination, keptIn: holding.quarantine },
        });
      }),
    confirm: ({ digest, incident }, seen) =>
      transact(db, async (trx) => {
        await trx
          .updateTable('incident_subject')
          .set({ state: 'confirmed', confirmed_at: sql<Date>`now()`, detail: JSON.stringify(seen) })
          // Gone is gone: every incident that holds it knows.
          .where('digest', '=', digest)
          .where('state', 'in', ['fenced', 'removing'])
          .execute();
        const holders = await trx.selectFrom('artifact').select('repository').where('digest', '=', digest).execute();
        for (const { repository } of holders)
          await appendOutbox(trx, {
            subject: `${repository}@${digest}`,
            step: `confirmed/${incident}`,
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
        await trx
          .updateTable('incident')
          .set({ state: 'contained', contained_at: sql<Date>`now()` })
          .where('id', '=', incident)
          .where('state', '=', 'open')
          .execute();
        await appendOutbox(trx, {
          subject: `incident/${incident}`,
          step: 'contained',
          type: 'incident.contained',
          actor: 'system',
          data: {},
        });
      }),
  };
}
