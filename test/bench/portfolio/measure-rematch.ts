/** The first rescan after a release whose matcher is another one: every stored version is matched again. */
import { sql } from 'kysely';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import type { Database } from '../../../adapters/postgres/database.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { createRescanBook } from '../../../adapters/postgres/rescan-book.ts';
import { matchEpochs } from '../../../adapters/postgres/rescan-matches.ts';
import { MATCH_VERSION } from '../../../domain/advisory/match-version.ts';
import { importRecords, makeFeed } from './synthetic-records.ts';
import { countTime, type Spent } from './time-spent.ts';

export interface Rematch {
  readonly records: number;
  /** Component versions that were matched again, and findings they have. */
  readonly versions: number;
  readonly findings: number;
  readonly spent: Spent;
}

/** With a feed of `records` about the portfolio's packages in force, and told of before. */
export async function measureRematch(db: Database, records: number): Promise<Rematch> {
  await importRecords(createAdvisoryImports(db), makeFeed(records));
  const { epoch } = await matchEpochs(db, () => undefined);
  await sql`update finding_change set told_at = now() where told_at is null`.execute(db);
  await sql`update rescan_state set through = ${epoch}, match_version = ${MATCH_VERSION - 1}`.execute(db);
  await sql`vacuum analyze`.execute(db);
  const { rows } = await sql<{ versions: number; findings: number }>`
    select (select count(*) from component)::int as versions, (select count(*) from component_finding)::int as findings`.execute(
    db,
  );
  const { versions = 0, findings = 0 } = rows[0] ?? {};
  const policies = createPolicyStore(db);
  const until = await countTime(db);
  const report = await createRescanBook(db, () => policies.current()).rescan(() => undefined);
  const spent = await until();
  if (report.artifacts > 0) throw new Error(`the same matcher told ${report.artifacts} artifacts of a change`);
  return { records, versions, findings, spent };
}
