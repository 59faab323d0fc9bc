/** A database with a portfolio in it, on a Postgres server of its own kind of settings: that of the local stack. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { connectDatabase, type Database, migrateDatabase } from '../../../adapters/postgres/database.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { migrations } from '../../../infra/migrations/list.ts';
import { storeDocuments } from './documents.ts';
import { generatePortfolio, type PortfolioOptions, settlePortfolio } from './generate-portfolio.ts';

export interface Portfolio {
  readonly db: Database;
  readonly url: string;
  /** Component locations: what a component is in, artifact by artifact. */
  readonly locations: number;
  /** Bytes of the whole database, documents and indexes included. */
  readonly size: number;
  drop(): Promise<void>;
}

const POLICY = `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: { repositories: ['**'] }
environments:
  - { name: dev, repository: 'dev/{repository}', gates: [{ gate: digest }] }
  - { name: staging, repository: 'staging/{repository}', after: [dev], gates: [{ gate: digest }] }
  - { name: prod, repository: 'prod/{repository}', after: [staging], gates: [{ gate: digest }] }
owners: [{ repository: 'team-1/**', team: one }, { repository: '**', team: platform }]
`;

/** `server` is any database of the server. */
export async function openPortfolio(
  server: string,
  options: PortfolioOptions,
  log: (line: string) => void,
): Promise<Portfolio> {
  const name = `portfolio_${randomBytes(4).toString('hex')}`;
  const maintenance = connectDatabase({ url: server, connections: 1, applicationName: 'pratique-bench' });
  await sql`create database ${sql.id(name)}`.execute(maintenance);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const connect = (connections: number) =>
    connectDatabase({ url: url.href, connections, applicationName: 'pratique-bench' });
  const started = performance.now();
  // One connection: the switch that leaves foreign keys unchecked is the session's.
  const maker = connect(1);
  await migrateDatabase(maker, migrations);
  await createPolicyStore(maker).activate(POLICY, 'policy.yaml', 'bench');
  await sql`set session_replication_role = replica`.execute(maker);
  await generatePortfolio(maker, options);
  const documentBytes = await storeDocuments(maker, options.artifacts);
  await settlePortfolio(maker);
  await maker.destroy();
  const db = connect(6);
  const { rows } = await sql<{ locations: number; size: number }>`
    select (select sum(l.stocks * c.members)::bigint from (select layer_set, count(*) as stocks from stock_layer group by 1) l
        join (select layer_set, count(*) as members from layer_component group by 1) c using (layer_set)) as locations,
      pg_database_size(current_database()) as size`.execute(db);
  const { locations = 0, size = 0 } = rows[0] ?? {};
  log(
    `${options.artifacts} artifacts, ${locations} component locations, ${(size / 1024 ** 3).toFixed(2)} GiB (documents of ${Math.round(documentBytes)} bytes each), made in ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  return {
    db,
    url: url.href,
    locations,
    size,
    async drop() {
      await db.destroy();
      await sql`drop database ${sql.id(name)} with (force)`.execute(maintenance);
      await maintenance.destroy();
    },
  };
}
