/**
 * How long a new advisory takes from its import to the last event in Kafka: `npm run bench:rescan`. A synthetic portfolio of
 * 100,000 artifacts, and an advisory of one version that 1,000 of them have (the nearest there is); import, activation, rescan
 * and relay are the ones that services run.
 * Then, on the same portfolio: a rescan that matches every version again, as after a release whose matcher is another one, with a
 * feed in force; and the revocation of a decision about what most artifacts have, with what promotions, scans and other decisions
 * wait for it.
 *   --artifacts N   (default 100000)
 *   --touched N     artifacts that the advisory touches (default 1000)
 *   --feed N        records of the feed that every version is matched against again (default 10000)
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
import { measureRematch } from './portfolio/measure-rematch.ts';
import { measureRevocation } from './portfolio/measure-revocation.ts';
import { openPortfolio } from './portfolio/open-portfolio.ts';
import { findRecord, importRecords } from './portfolio/synthetic-records.ts';
import { countTime, type Spent } from './portfolio/time-spent.ts';

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

interface Options {
  readonly artifacts: number;
  readonly touched: number;
  readonly feed: number;
  readonly seed: number;
}

async function bench(server: string, brokers: string, options: Options) {
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
    // Nothing is matched against nothing yet: what this measures begins with a feed, not with an upgrade.
    await rescans.rescan(() => undefined);
    const at = await countTime(db);
    await importRecords(imports, [findRecord('BENCH-RESCAN-1', name, [version])]);
    const activated = await at();
    const report = await rescans.rescan(() => undefined);
    const written = await at();
    while (await isWaiting(db)) await delay(LOOK_MS);
    const out = await at();
    if (report.artifacts !== artifacts) throw new Error(`told of ${report.artifacts} of ${artifacts} artifacts`);
    const rescan = { touched: artifacts, activated, written, out, published, locations: portfolio.locations };
    log(JSON.stringify(rescan));
    await relay.stop();
    const rematch = await measureRematch(db, options.feed);
    log(JSON.stringify(rematch));
    return { ...options, ...rescan, rematch, revocation: await measureRevocation(db) };
  } finally {
    await relay.stop();
    await producer.close();
    await portfolio.drop();
  }
}

function format({ rematch, revocation, ...report }: Awaited<ReturnType<typeof bench>>): string {
  const seconds = ({ clock, processor }: Spent) => `${clock.toFixed(2)} s (processor ${processor.toFixed(2)})`;
  const beside = Object.entries(revocation.beside).map(
    ([what, { worst, count, failed }]) => `${what} ${worst.toFixed(2)} s (of ${count}, ${failed} gave up)`,
  );
  return `${report.touched} of ${report.artifacts} artifacts: in force after ${seconds(report.activated)}, findings written and told after ${seconds(report.written)}, all ${report.published} events in Kafka after ${seconds(report.out)}
another matcher: ${rematch.versions} versions against ${rematch.records} records (${rematch.findings} findings) after ${seconds(rematch.spent)}
a decision about ${revocation.artifacts} artifacts: made in ${seconds(revocation.making)}, revoked in ${seconds(revocation.revoking)}; longest beside it: ${beside.join(', ')}
`;
}

async function isWaiting(db: Database): Promise<boolean> {
  const { rows } = await sql`select 1 from outbox where published_at is null limit 1`.execute(db);
  return rows.length > 0;
}

const { values } = parseArgs({
  options: {
    artifacts: { type: 'string', default: '100000' },
    touched: { type: 'string', default: '1000' },
    feed: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const servers = await startTestInfra();
try {
  const { databaseUrl, kafkaBrokers } = servers.infra;
  const report = await bench(databaseUrl, kafkaBrokers, {
    ...{ artifacts: Number(values.artifacts), touched: Number(values.touched) },
    ...{ feed: Number(values.feed), seed: Number(values.seed) },
  });
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : format(report));
} finally {
  await servers.stop();
}
