import type { Client } from '@temporalio/client';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../../../adapters/postgres/schema.ts';
import { describeWorkflow } from '../../../adapters/temporal/workflow-view.ts';
import { ENVIRONMENTS } from './bench-stack.ts';

type Db = Kysely<Schema>;

/** Artifacts that are live in each environment, in their order. */
export async function countLive(db: Db): Promise<number[]> {
  const { rows } = await sql<{ environment: string; live: number }>`
    select environment, count(*) as live from promotion where state = 'live' group by 1`.execute(db);
  return ENVIRONMENTS.map((name) => rows.find(({ environment }) => environment === name)?.live ?? 0);
}

/** What is known of those that do not become live: one line each, the first few. */
export async function explainStuck(db: Db, client: Client): Promise<string[]> {
  const lines = await listUnfinished(db);
  for await (const { workflowId } of client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
    const described = await describeWorkflow(client, workflowId);
    lines.push(`${workflowId}: ${JSON.stringify(described?.pending ?? [])}`);
    if (lines.length > 10) break;
  }
  return lines;
}

async function listUnfinished(db: Db): Promise<string[]> {
  const { rows } = await sql<{ line: string }>`
    select environment || ' ' || repository || ': ' || state || ' ' || reason as line from promotion
      where state <> 'live'
    union all
    select repository || ': ' || outcome || ' ' || reason from artifact where outcome is not null and outcome <> 'judged'
    union all
    select repository || '@' || digest || ': generation ' || generation || ' ' || state from generation where state <> 'closed'
    limit 6`.execute(db);
  return rows.map(({ line }) => line);
}

export interface Latency {
  readonly environment: string;
  readonly p50: number;
  readonly p99: number;
}

/**
 * Seconds from the registry's event about the tag (the time the registry put on it) to the outcome `promotion.live`, by
 * environment: what waits in Kafka, in the dispatcher and in Temporal is all in it. Of what was pushed after `since`.
 */
export async function latencies(db: Db, since: Date): Promise<Latency[]> {
  const { rows } = await sql<Latency>`
    with pushed as (
      select subject, min(occurred_at) as at from intake where tag is not null and outcome <> 'dropped'
      group by subject having min(occurred_at) >= ${since}
    )
    select o.data->>'environment' as environment,
      percentile_cont(0.5) within group (order by extract(epoch from o.created_at - pushed.at))::float8 as p50,
      percentile_cont(0.99) within group (order by extract(epoch from o.created_at - pushed.at))::float8 as p99
    from outbox o join pushed using (subject) where o.type = 'promotion.live' group by 1`.execute(db);
  return ENVIRONMENTS.flatMap((environment) => rows.filter((row) => row.environment === environment));
}

/** Registry events recorded so far, by what was decided. */
export async function countIntake(db: Db): Promise<Record<string, number>> {
  const { rows } = await sql<{ outcome: string; count: number }>`
    select outcome, count(*) as count from intake group by 1`.execute(db);
  return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
}
