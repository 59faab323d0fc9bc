/** The few artifacts an exploration is about, on a database of its own that goes back to its beginning after each order. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../../../../adapters/postgres/database.ts';
import { preparedPool } from '../../../../adapters/postgres/prepared-pool.ts';
import type { Schema } from '../../../../adapters/postgres/schema.ts';
import type { ArtifactKey } from '../../../../domain/artifact/subject.ts';
import { createTestDatabase } from '../../../database.ts';
import { createHarbour, digestOf, type Harbour } from '../harbour.ts';

/** dev, and prod, which one person approves. */
export const policyOf = (version: number): string => `apiVersion: pratique.dev/v1
kind: Policy
version: ${version}
intake: { repositories: ['**'] }
environments:
  - { name: dev, repository: 'dev/{repository}', gates: [{ gate: digest }] }
  - { name: prod, repository: 'prod/{repository}', after: [dev], gates: [{ gate: digest }], approvals: { required: 1 } }
`;

const artifact = (what: string): ArtifactKey => ({ repository: 'shop', digest: digestOf(`${what} of the world`) });

/** `copy` has the same layers as `image` and comes later under the same tag; `index` has `image` in it. */
export const world = { image: artifact('image'), copy: artifact('copy'), index: artifact('index') } as const;

export type Subject = keyof typeof world;
export const subjects = Object.keys(world) as readonly Subject[];
export const SIGNER = 'signer of the world';

export const contentOf = (subject: Subject) =>
  subject === 'index'
    ? { children: [world.image.digest], tag: 'index' }
    : { config: `config of ${subject}`, layers: ['layer of the world'], tag: 'stable' };

/** Statements are given to it before they are sent, and what it returns is sent. */
export type Rewrite = (statement: string) => string;

export interface Lane {
  readonly db: Database;
  readonly harbour: Harbour;
  /** Sessions of this database that wait for a lock. */
  waiting(): Promise<number>;
  /** As it was after the world was made. */
  reset(): Promise<void>;
  /** From now on, statements are rewritten; undefined sends them as they are. */
  mutate(rewrite: Rewrite | undefined): void;
  close(): Promise<void>;
}

export async function openLane(): Promise<Lane> {
  const own = await createTestDatabase();
  const name = new URL(own.url).pathname.slice(1);
  const settings = [
    // Who looks for a circle of locks does so once, before the next one has its turn: it is found, and ended, by who closes it.
    "deadlock_timeout = '1ms'",
    // Nothing here must survive a loss of power.
    'synchronous_commit = off',
    // Tables of a few rows: one plan of a statement is as good as another, and planning is most of its cost.
    'plan_cache_mode = force_generic_plan',
  ];
  for (const setting of settings)
    await sql`alter database ${sql.id(name)} set ${sql.raw(setting)}`.execute(own.db).catch(() => undefined);
  let rewrite: Rewrite | undefined;
  const traffic: Traffic = { underWay: new Set(), moves: 0, freeing: 0 };
  const pool = connect(own.url, traffic, (statement) => rewrite?.(statement) ?? statement);
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: preparedPool(pool) }) });
  const harbour = createHarbour(db);
  await harbour.policies.activate(policyOf(1), 'policy.yaml', 'test');
  await sql`insert into principal (subject) values ('cleo'), ('dora')`.execute(db);
  for (const subject of subjects) {
    const { digest } = world[subject];
    await sql`insert into artifact_fact (digest, kind, value) values (${digest}, 'committer', 'dora')`.execute(db);
    await harbour.requestDev(world[subject], contentOf(subject));
    await harbour.judge(world[subject], 'prod');
  }
  await saveTables(own.db);
  const keeper = await openKeeper(own.url, traffic);
  return {
    db,
    harbour,
    ...keeper,
    mutate(next) {
      rewrite = next;
    },
    async close() {
      await db.destroy();
      await keeper.end();
      await own.drop();
    },
  };
}

/** What the sessions of the actors do. */
interface Traffic {
  /** The server's processes that have not answered yet. */
  readonly underWay: Set<number>;
  /** Statements sent and answered so far. */
  moves: number;
  /** Answers so far after which another session may have got a lock: all but those in the middle of a transaction. */
  freeing: number;
}

/** With every statement rewritten on its way; one that is changed is prepared under another name. */
function connect(url: string, traffic: Traffic, rewrite: Rewrite): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 8, options: '-c lock_timeout=10s' });
  pool.on('error', () => undefined);
  const names = new Map<string, string>();
  const nameOf = (text: string): string => {
    const name = names.get(text) ?? `m${names.size}`;
    names.set(text, name);
    return name;
  };
  pool.on('connect', (client) => {
    // The database is dropped while the last of them say goodbye.
    client.on('error', () => undefined);
    const { processID } = client as unknown as { readonly processID: number };
    const send = client.query.bind(client) as (query: pg.QueryConfig) => Promise<unknown>;
    const query = async (config: pg.QueryConfig) => {
      const text = rewrite(config.text);
      const isNamed = config.name !== undefined && text !== config.text;
      traffic.underWay.add(processID);
      traffic.moves += 1;
      let isFreeing = true;
      try {
        const result = await send({ ...config, text, ...(isNamed ? { name: nameOf(text) } : {}) });
        isFreeing = client.getTransactionStatus() !== 'T';
        return result;
      } finally {
        traffic.underWay.delete(processID);
        traffic.moves += 1;
        if (isFreeing) traffic.freeing += 1;
      }
    };
    Object.assign(client, { query });
  });
  return pool;
}

/** A session apart from all others, which triggers and foreign keys do not hold up, with what it asks prepared. */
async function openKeeper(
  url: string,
  traffic: Traffic,
): Promise<Pick<Lane, 'waiting' | 'reset'> & { end(): Promise<void> }> {
  const client = new pg.Client({
    connectionString: url,
    options: '-c session_replication_role=replica -c lock_timeout=10s',
  });
  client.on('error', () => undefined);
  await client.connect();
  let allWaited: { readonly count: number; readonly freeing: number } | undefined;
  return {
    async waiting() {
      const { moves, freeing, underWay } = traffic;
      // Where all that was under way waited, and nobody let go of anything since, it still does.
      if (allWaited?.freeing === freeing && allWaited.count === underWay.size) return allWaited.count;
      const { rows } = await client.query<{ n: number }>({
        name: 'waiting',
        // Whoever lets go of a lock gives it to the next one before it answers: who is kept from one, waits.
        text: 'select count(*)::int as n from unnest($1::int[]) as pid where pg_blocking_pids(pid) <> array[]::int[]',
        values: [[...underWay]],
      });
      const count = rows[0]?.n ?? 0;
      allWaited = count === underWay.size && traffic.moves === moves ? { count, freeing } : undefined;
      return count;
    },
    async reset() {
      await client.query({ name: 'reset', text: 'select saved.bring_back()' });
    },
    end: () => client.end(),
  };
}

/** Keeps what every table holds, and makes the function that brings it back. Sequences go on. */
async function saveTables(db: Database): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
      and relname not like 'kysely%' order by 1`.execute(db);
  await sql`create schema saved`.execute(db);
  const kept: string[] = [];
  for (const { name } of rows) {
    await sql`create table saved.${sql.id(name)} as table ${sql.id(name)}`.execute(db);
    const { rows: some } = await sql`select 1 from saved.${sql.id(name)} limit 1`.execute(db);
    if (some.length > 0) kept.push(name);
  }
  // As a function: each of its statements is planned once.
  const statements = [
    ...rows.map(({ name }) => `delete from "${name}";`),
    ...kept.map((name) => `insert into "${name}" overriding system value select * from saved."${name}";`),
  ];
  await sql
    .raw(`create function saved.bring_back() returns void language plpgsql as $$ begin ${statements.join(' ')} end $$`)
    .execute(db);
}
