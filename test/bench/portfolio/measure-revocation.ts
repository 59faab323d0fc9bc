/** A decision about what most of a portfolio has is revoked, while promotions, scans and other decisions go on. */
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { type Database, transact } from '../../../adapters/postgres/database.ts';
import { createDecisionBook } from '../../../adapters/postgres/decision-book.ts';
import { readFindingsVersion } from '../../../adapters/postgres/findings-version.ts';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { createPromotionBook } from '../../../adapters/postgres/promotion-book.ts';
import { matchEpochs } from '../../../adapters/postgres/rescan-matches.ts';
import { requestRescan } from '../../../adapters/postgres/workflow-request.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import { findRecord, importRecords } from './synthetic-records.ts';
import { countTime, type Spent } from './time-spent.ts';

const PAUSE_MS = 10;
const EACH_PAUSE_MS = 200;
const decider = { subject: 'bench', role: 'approver' } as const;

/** Of one kind of act: the longest in seconds, how many there were, and how many gave up (waiting for a lock, as a rule). */
interface Beside {
  readonly worst: number;
  readonly count: number;
  readonly failed: number;
}

/** What it took, and what went on while the decision was revoked. */
export interface Revocation {
  readonly artifacts: number;
  readonly making: Spent;
  readonly revoking: Spent;
  readonly beside: Readonly<Record<'reserve' | 'judge' | 'scan' | 'decide', Beside>>;
}

/** The component version that most artifacts have, of a package that no other advisory names. */
async function pickCommon(db: Database): Promise<{ id: number; name: string; version: string; artifacts: number }> {
  const { rows } = await sql<{ id: number; name: string; version: string; artifacts: number }>`
    select c.id, c.name, c.version, t.artifacts from (
      select m.component, sum(l.stocks)::int as artifacts from layer_component m
        join (select layer_set, count(*) as stocks from stock_layer group by 1) l using (layer_set) group by 1) t
      join component c on c.id = t.component and c.ecosystem = 'npm'
    where not exists (select from advisory_package p where p.ecosystem = c.ecosystem and p.name = c.package_key)
    order by t.artifacts desc, c.id limit 1`.execute(db);
  const found = rows[0];
  if (found === undefined) throw new Error('the portfolio has no library');
  return found;
}

interface Reached {
  repository: string;
  digest: Digest;
  stock: number;
}

async function reachedBy(db: Database, component: number): Promise<Reached> {
  const { rows } = await sql<Reached>`
    select a.repository, a.digest, l.stock from layer_component m join stock_layer l using (layer_set)
      join stock s on s.id = l.stock join artifact_stock x on x.stock = s.digest
      join artifact a on a.digest = x.digest join promotion p on p.digest = a.digest and p.environment = 'prod'
    where m.component = ${component} order by l.stock desc limit 1`.execute(db);
  const found = rows[0];
  if (found === undefined) throw new Error('nothing that runs has it');
  return found;
}

export async function measureRevocation(db: Database): Promise<Revocation> {
  const common = await pickCommon(db);
  await importRecords(createAdvisoryImports(db), [findRecord('BENCH-DECIDED-1', common.name, [common.version])]);
  const policies = createPolicyStore(db);
  const book = createDecisionBook(db, () => policies.current());
  await matchEpochs(db, () => undefined);
  const untilMade = await countTime(db);
  const made = await book.make(
    {
      ...{ advisory: 'BENCH-DECIDED-1', state: 'not_affected', justification: 'vulnerable_code_not_present' },
      ...{ reason: 'bench', scope: { component: `pkg:npm/${common.name}` } },
    },
    decider,
  );
  const making = await untilMade();
  const at = await reachedBy(db, common.id);
  const promotions = createPromotionBook(db, policies);
  const { environment, generation } = { environment: 'prod', generation: 1 };
  const key = { environment, repository: at.repository, digest: at.digest, generation };
  const acts = {
    reserve: () => promotions.reserve(key, 60),
    judge: () => readFindingsVersion(db, at.digest),
    scan: () => sql`update stock set scanned_at = now() where id = ${at.stock}`.execute(db),
    decide: () => transact(db, requestRescan),
  };
  const beside = watch(acts);
  await delay(EACH_PAUSE_MS);
  const untilRevoked = await countTime(db);
  await book.revoke(made.id, 'bench', decider);
  const revoking = await untilRevoked();
  return { artifacts: common.artifacts, making, revoking, beside: await beside.stop() };
}

/** Each over and over, for itself, until it is stopped. */
function watch<Name extends string>(acts: Readonly<Record<Name, () => Promise<unknown>>>) {
  let isOn = true;
  const loops = (Object.entries(acts) as [Name, () => Promise<unknown>][]).map(async ([name, act]) => {
    let [worst, count, failed] = [0, 0, 0];
    while (isOn) {
      const started = performance.now();
      await act().catch(() => {
        failed += 1;
      });
      worst = Math.max(worst, (performance.now() - started) / 1000);
      count += 1;
      await delay(PAUSE_MS);
    }
    return [name, { worst, count, failed }] as const;
  });
  return {
    async stop() {
      isOn = false;
      return Object.fromEntries(await Promise.all(loops)) as Record<Name, Beside>;
    },
  };
}
