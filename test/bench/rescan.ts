/**
 * How long a new advisory takes from its import to the last event in Kafka: `npm run bench:rescan`. A synthetic portfolio of
 * 100,000 artifacts, and an advisory of one version that 1,000 of them have (the nearest there is); import, activation, rescan
 * and relay are the ones that services run.
 *   --artifacts N   (default 100000)
 *   --touched N     artifacts that the advisory touches (default 1000)
 *   --seed N        (default 1)
 *   --json          the report as JSON
 */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { connectKafka } from '../../adapters/kafka/connect.ts';
import { createEventProducer } from '../../adapters/kafka/event-producer.ts';
import { createAdvisoryImports } from '../../adapters/postgres/advisory-imports.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { createOutboxRelay } from '../../adapters/postgres/outbox-relay.ts';
import { createPolicyStore } from '../../adapters/postgres/policy-store.ts';
import { createRescanBook } from '../../adapters/postgres/rescan-book.ts';
import { createLogger } from '../../adapters/telemetry/logger.ts';
import { startTestInfra } from '../infra.ts';
import { openPortfolio } from './portfolio/open-portfolio.ts';

const PUBLISH_DEADLINE_MS = 30_000;
const LOOK_MS = 20;

const log = (line: string) => void process.stderr.write(`${line}\n`);

/** The library version whose number of artifacts is nearest to `wanted`. */
async function pickVersion(
  db: Database,
  wanted: number,
): Promise<{ name: string; version: string; artifacts: number }> {
  const { rows } = await sql<{ name: string; version: string; artifacts: number }>`
    select c.name, c.version, t.artifacts from (
      select m.component, sum(l.stocks)::int as artifacts from layer_component m
        join (select layer_set, count(*) as stocks from stock_layer group by 1) l using (layer_set) group by 1) t
      join component c on c.id = t.component and c.ecosystem = 'npm'
    order by abs(t.artifacts - ${wanted}), c.id limit 1`.execute(db);
  const found = rows[0];
  if (found === undefined) throw new Error('the portfolio has no library');
  return found;
}

async function bench(server: string, brokers: string, options: { artifacts: number; touched: number; seed: number }) {
  const portfolio = await openPortfolio(server, options, log);
  const { db } = portfolio;
  const kafka = connectKafka(
    { brokers: brokers.split(','), clientId: 'pratique-bench' },
    createLogger('bench', 'silent'),
  );
  const producer = createEventProducer({ kafka, deadlineMs: PUBLISH_DEADLINE_MS });
  let published = 0;
  const relay = createOutboxRelay({
    url: portfolio.url,
    async publish(record) {
      await producer.publish(record);
      published += 1;
    },
    onError: (error) => log(String(error)),
  });
  relay.start();
  try {
    const { name, version, artifacts } = await pickVersion(db, options.touched);
    log(`${name} ${version} is in ${artifacts} artifacts`);
    const policies = createPolicyStore(db);
    const imports = createAdvisoryImports(db);
    const rescans = createRescanBook(db, () => policies.current());
    const started = performance.now();
    const at = () => (performance.now() - started) / 1000;
    const epoch = await imports.begin('bench', 'bench');
    const record = {
      ...{ id: 'BENCH-RESCAN-1', modified: '2026-01-01T00:00:00Z', summary: 'of the bench' },
      affected: [{ package: { ecosystem: 'npm', name }, versions: [version], database_specific: { severity: 'HIGH' } }],
    };
    await imports.stage(epoch, [record]);
    await imports.activate(epoch, { count: 0, first: [] });
    const activated = at();
    const report = await rescans.rescan(() => undefined);
    const written = at();
    while (await isWaiting(db)) await delay(LOOK_MS);
    const out = at();
    if (report.artifacts !== artifacts) throw new Error(`told of ${report.artifacts} of ${artifacts} artifacts`);
    return { ...options, touched: artifacts, activated, written, out, published, locations: portfolio.locations };
  } finally {
    await relay.stop();
    await producer.close();
    await portfolio.drop();
  }
}

async function isWaiting(db: Database): Promise<boolean> {
  const { rows } = await sql`select 1 from outbox where published_at is null limit 1`.execute(db);
  return rows.length > 0;
}

const { values } = parseArgs({
  options: {
    artifacts: { type: 'string', default: '100000' },
    touched: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const servers = await startTestInfra();
try {
  const { databaseUrl, kafkaBrokers } = servers.infra;
  const options = { artifacts: Number(values.artifacts), touched: Number(values.touched), seed: Number(values.seed) };
  const report = await bench(databaseUrl, kafkaBrokers, options);
  const seconds = (value: number) => `${value.toFixed(2)} s`;
  process.stdout.write(
    values.json
      ? `${JSON.stringify(report, null, 2)}\n`
      : `${report.touched} of ${report.artifacts} artifacts: in force after ${seconds(report.activated)}, findings written and told after ${seconds(report.written)}, all ${report.published} events in Kafka after ${seconds(report.out)}\n`,
  );
} finally {
  await servers.stop();
}
