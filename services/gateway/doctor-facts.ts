/** Asks the servers what the doctor's checks look at. */
import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import type { Egress } from '../../adapters/egress/egress.ts';
import type { KafkaInspector } from '../../adapters/kafka/kafka-inspector.ts';
import { readApproverList } from '../../adapters/postgres/approver-list.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { readNeededEcosystems } from '../../adapters/postgres/feed-times.ts';
import { countGrandfathered } from '../../adapters/postgres/read-grandfatherings.ts';
import { readKeyTrouble } from '../../adapters/postgres/read-key-trouble.ts';
import { readAdvisoryState } from '../../adapters/postgres/read-status.ts';
import { readTemporalClock } from '../../adapters/temporal/read-clock.ts';
import { describeSchedules } from '../../adapters/temporal/schedules.ts';
import { missingSearchAttributes } from '../../adapters/temporal/search-attributes.ts';
import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import { topics } from '../../domain/events/topics.ts';
import { provenEnvironments } from '../../domain/policy/approval-rule.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { DoctorFacts, RegistryFacts, TemporalFacts } from './doctor/facts.ts';

export interface DoctorSources {
  readonly db: Database;
  readonly temporal: Client;
  readonly namespace: string;
  readonly inspector: KafkaInspector;
  /** Reaches the registry. */
  readonly egress: Egress;
  /** `host[:port]` */
  readonly registry: string;
  readonly currentPolicy: () => Promise<Policy>;
}

export function createDoctorFacts(sources: DoctorSources): DoctorFacts {
  const { db, temporal, inspector } = sources;
  return {
    now: () => new Date(),
    databaseClock: async () => {
      const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
      return (rows[0] as { now: Date }).now;
    },
    databaseVersion: async () => {
      const { rows } = await sql<{ server_version_num: string }>`show server_version_num`.execute(db);
      return Number(rows[0]?.server_version_num);
    },
    temporalClock: () => readTemporalClock(temporal),
    temporal: () => readTemporal(sources),
    topics: () => inspector.describe(Object.values(topics)),
    registry: () => readRegistry(sources),
    advisories: () => readAdvisoryState(db),
    neededEcosystems: () => readNeededEcosystems(db),
    advisoriesMaximumAge: async () => {
      const { environments } = (await sources.currentPolicy()).document;
      const ages = environments.flatMap(({ gates }) =>
        gates.flatMap((gate) => (gate.gate === 'scan-fresh' ? [gate.databaseMaximumAge] : [])),
      );
      return ages.length === 0 ? undefined : Math.min(...ages);
    },
    approvers: async () => ({
      production: provenEnvironments((await sources.currentPolicy()).document.environments),
      list: await readApproverList(db),
    }),
    grandfathered: () => countGrandfathered(db),
    keys: async () => ({ ...(await readKeyTrouble(db)), signers: (await sources.currentPolicy()).document.signers }),
  };
}

async function readTemporal({ temporal, namespace }: DoctorSources): Promise<TemporalFacts> {
  const [{ serverVersion }, attributes, { missing, paused }] = await Promise.all([
    temporal.workflowService.getSystemInfo({}),
    missingSearchAttributes(temporal, namespace),
    describeSchedules(temporal),
  ]);
  return {
    version: serverVersion ?? '',
    missingSearchAttributes: attributes,
    missingSchedules: missing,
    pausedSchedules: paused,
  };
}

/** Whether it lets us in does not matter here: 401 has the same headers. */
async function readRegistry({ egress, registry }: DoctorSources): Promise<RegistryFacts> {
  const scheme = isLoopbackHost(registry) ? 'http' : 'https';
  const { headers, body } = await egress.send({ method: 'GET', url: `${scheme}://${registry}/v2/`, retries: 0 });
  await body.dump();
  const { date, 'docker-distribution-api-version': apiVersion } = headers;
  return { clock: date === undefined || Number.isNaN(Date.parse(date)) ? undefined : new Date(date), apiVersion };
}
