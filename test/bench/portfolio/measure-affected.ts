/** Questions to a portfolio, and how long each takes: on the clock, of the processor, and in blocks that Postgres looked at. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../../../adapters/postgres/database.ts';
import { findAffected } from '../../../adapters/postgres/find-affected.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { readAffected } from '../../../adapters/postgres/read-affected.ts';
import { parseQuestion } from '../../../domain/affected/question.ts';
import { ownerOf } from '../../../domain/policy/environments.ts';
import { shape } from './generate-portfolio.ts';

const COMPONENTS = 1000;
const ADVISORIES = 200;
const ADVISORY_PACKAGES = 50;
const WARM_UP = 50;
const PAGE = 50;

/** Milliseconds of the clock; of the processor (this process and Postgres) and blocks of 8 KiB, the mean of a question. */
export interface Cost {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly processor: number;
  readonly blocks: number;
}

async function ask(db: Database, question: string): Promise<number> {
  const policies = createPolicyStore(db);
  const started = performance.now();
  const affected = await findAffected(db, [parseQuestion(question)], () => policies.current());
  const page = await readAffected(db, affected, { environment: undefined }, { limit: PAGE, after: undefined });
  const policy = await policies.current();
  JSON.stringify(page.items.map((item) => ({ ...item, owner: ownerOf(policy, item.repository) })));
  const milliseconds = performance.now() - started;
  if (page.items.length === 0) throw new Error(`${question} is nowhere: the bench asks for what is there`);
  return milliseconds;
}

/** Milliseconds of the portfolio's own Postgres processes; 0 where the servers are on another machine. */
export async function processorOf(db: Database): Promise<number> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity
    where application_name = 'pratique-bench' and datname = current_database()`.execute(db);
  const ticks = rows.map(({ pid }) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return Number(fields[11]) + Number(fields[12]);
    } catch {
      return 0;
    }
  });
  return ticks.reduce((sum, one) => sum + one, 0) * 10;
}

async function blocksOf(db: Database): Promise<number> {
  const { rows } = await sql<{ blocks: number }>`
    select sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::bigint as blocks
    from pg_statio_user_tables, pg_stat_force_next_flush()`.execute(db);
  return rows[0]?.blocks ?? 0;
}

/** A portfolio, and what it is asked. */
export interface Asked {
  readonly db: Database;
  readonly questions: readonly string[];
}

/** Asks all portfolios in turn, a question each: what else the machine does is the same for all of them. */
export async function measure(asked: readonly Asked[]): Promise<Cost[]> {
  const runs = asked.map(({ db, questions }) => ({ db, questions, times: [] as number[], own: 0 }));
  for (const { db, questions } of runs) for (const question of questions.slice(0, WARM_UP)) await ask(db, question);
  const spent = () =>
    Promise.all(runs.map(async ({ db }) => ({ processor: await processorOf(db), blocks: await blocksOf(db) })));
  const before = await spent();
  const count = Math.max(...runs.map(({ questions }) => questions.length));
  for (let index = 0; index < count; index += 1)
    for (const run of runs) {
      const question = run.questions[index];
      if (question === undefined) continue;
      const started = process.cpuUsage();
      run.times.push(await ask(run.db, question));
      const { user, system } = process.cpuUsage(started);
      run.own += (user + system) / 1000;
    }
  // Every backend tells what it did within a second.
  await delay(1500);
  const after = await spent();
  return runs.map(({ times, own }, index) => {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    const grown = (of: 'processor' | 'blocks') => (after[index]?.[of] ?? 0) - (before[index]?.[of] ?? 0);
    return {
      ...{ p50: at(0.5), p99: at(0.99), worst: at(1) },
      ...{ processor: (grown('processor') + own) / times.length, blocks: grown('blocks') / times.length },
    };
  });
}

/** Half of them as they lie in artifacts (the popular ones often), half by version, each as likely. */
export async function pickComponents(db: Database, seed: number): Promise<string[]> {
  await sql`select setseed(${(seed % 1000) / 1000})`.execute(db);
  const { rows } = await sql<{ purl: string }>`
    (select c.purl from (select (random() * (select max(id) from stock))::int + 1 as stock from generate_series(1, ${COMPONENTS / 2}::int)) s
      cross join lateral (select m.component from stock_layer l join layer_component m on m.layer_set = l.layer_set
        where l.stock = least(s.stock, (select max(id) from stock)) order by random() limit 1) m join component c on c.id = m.component)
    union all
    (select c.purl from component c where exists (select from layer_component m join stock_layer l on l.layer_set = m.layer_set where m.component = c.id)
      order by hashint8extended(c.id, ${seed}) limit ${COMPONENTS / 2})`.execute(db);
  return rows.map(({ purl }) => purl.replace(/[?#].*$/, ''));
}

/** Each names 50 packages, popular ones among them, and the lower half of their versions. */
export async function makeAdvisories(db: Database, seed: number): Promise<string[]> {
  const random = randomOf(seed);
  const names: string[] = [];
  for (let number = 0; number < ADVISORIES; number += 1) {
    const id = `BENCH-${seed}-${number}`;
    const packages = new Set<number>();
    while (packages.size < ADVISORY_PACKAGES) packages.add(Math.floor(random() ** 2 * shape.libraries));
    const record = {
      ...{ id, modified: '2026-01-01T00:00:00Z', aliases: [`CVE-2026-${100_000 + number}`], upstream: [] },
      ...{ summary: 'of the bench', severity: [], database_specific: { severity: 'HIGH' } },
      affected: [...packages].map((library) => ({
        package: { ecosystem: 'npm', name: `library-${library}` },
        ...{ severity: [], versions: [] },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: `1.${shape.libraryVersions / 2}.0` }] }],
      })),
    };
    await sql`insert into advisory (id, modified, record, record_digest)
      values (${id}, ${record.modified}, ${JSON.stringify(record)}::jsonb, ${id})`.execute(db);
    names.push(`CVE-2026-${100_000 + number}`);
  }
  await sql`analyze advisory`.execute(db);
  return names;
}

/** A linear congruential generator: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
