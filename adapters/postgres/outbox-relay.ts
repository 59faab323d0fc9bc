/** Relays the outbox to Kafka: at least once, in order per subject. Shards are owned by session locks, one relay each. */

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { encodeOutcomeEvent } from '../../domain/events/encode-outcome-event.ts';
import { topics } from '../../domain/events/topics.ts';
import { reach } from '../../domain/fault/fault-point.ts';
import { clientConfig } from './client-config.ts';
import { createOutcomeCounter } from './count-outcomes.ts';

export interface OutboxRelayOptions {
  readonly url: string;
  readonly publish: (record: {
    topic: string;
    key: string;
    value: string;
    headers: Record<string, string>;
  }) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export interface OutboxRelay {
  start(): void;
  stop(): Promise<void>;
}

const SHARDS = 16;
/** First key of the two-key advisory lock; the second is the shard. */
const LOCK_SPACE = 0x70_72_61;
const BATCH = 500;
const IDLE_MS = 200;
const RETRY_MS = 2000;

interface Row {
  id: number;
  subject: string;
  sequence: number;
  type: string;
  actor: string;
  data: object;
  trace: string | null;
  created_at: Date;
}

/** Holds one connection for its locks: when it is lost, the shards are free for another relay. */
export function createOutboxRelay({ url, publish, onError }: OutboxRelayOptions): OutboxRelay {
  const count = createOutcomeCounter();
  let stopping = false;
  let running: Promise<void> | undefined;

  /** Subjects travel side by side, each in order: after a failure nothing later of the same subject is sent before it. */
  const publishInOrder = async (
    rows: readonly Row[],
  ): Promise<{ published: Row[]; failure: { error: unknown } | undefined }> => {
    const published: Row[] = [];
    for (const row of rows) {
      try {
        await publish({
          topic: topics.outcomes,
          key: row.subject,
          value: JSON.stringify(encodeOutcomeEvent({ ...row, createdAt: row.created_at.toISOString() })),
          headers: row.trace === null ? {} : { traceparent: row.trace },
        });
      } catch (error) {
        return { published, failure: { error } };
      }
      published.push(row);
    }
    return { published, failure: undefined };
  };

  const relayOnce = async (client: pg.Client, shards: readonly number[]): Promise<number> => {
    const { rows } = await client.query<Row>(
      'select id, subject, sequence, type, actor, data, trace, created_at from outbox where published_at is null and shard = any($1) order by id limit $2',
      [shards, BATCH],
    );
    const results = await Promise.all([...Map.groupBy(rows, (row) => row.subject).values()].map(publishInOrder));
    const published = results.flatMap((result) => result.published);
    if (published.length > 0) await reach('outbox.sent', rows[0]?.subject ?? '');
    if (published.length > 0)
      await client.query('update outbox set published_at = now() where id = any($1)', [published.map(({ id }) => id)]);
    for (const row of published) count(row);
    const failed = results.find((result) => result.failure !== undefined);
    if (failed?.failure !== undefined) throw failed.failure.error;
    return rows.length;
  };

  const acquire = async (client: pg.Client, owned: Set<number>): Promise<void> => {
    for (let shard = 0; shard < SHARDS; shard += 1) {
      if (owned.has(shard)) continue;
      const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
        LOCK_SPACE,
        shard,
      ]);
      if (rows[0]?.taken) owned.add(shard);
    }
  };

  const session = async (): Promise<void> => {
    const client = new pg.Client({
      ...clientConfig(url),
      application_name: 'pratique-relay',
      connectionTimeoutMillis: 10_000,
    });
    client.on('error', onError);
    await client.connect();
    try {
      const owned = new Set<number>();
      for (let round = 0; !stopping; round += 1) {
        if (round % 50 === 0 && owned.size < SHARDS) await acquire(client, owned);
        const relayed = owned.size === 0 ? 0 : await relayOnce(client, [...owned]);
        if (relayed < BATCH) await delay(IDLE_MS);
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  };

  return {
    start() {
      running ??= (async () => {
        while (!stopping) {
          await session().catch(async (error: unknown) => {
            onError(error);
            await delay(RETRY_MS);
          });
        }
      })();
    },
    async stop() {
      stopping = true;
      await running;
    },
  };
}
