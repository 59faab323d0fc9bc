/**
 * After the matcher has changed: names are normalised anew, and every version is matched again, part by part. What was found
 * before counts until what is found now takes its place, in one transaction: nothing is unknown meanwhile.
 */
import { sql } from 'kysely';
import { MATCH_VERSION } from '../../domain/advisory/match-version.ts';
import { normalisePackageName } from '../../domain/advisory/package-identity.ts';
import { componentsAfter, matchPicked, type WriteMatched } from './component-matches.ts';
import type { Database } from './database.ts';
import { nameAdvisories } from './name-advisories.ts';
import { replaceMatches } from './replace-matches.ts';

/** Versions in one transaction. */
const BATCH = 1000;

/** How far it has come, kept for the next try. */
interface Step {
  /** The version of the matcher that it is about. */
  readonly version: number;
  /** The last advisory that was named; null once all are. */
  readonly advisory: string | null;
  /** The last component that was matched. */
  readonly component: number;
}

/** Nothing where this version went through before; ended on the way, it goes on there. */
export async function matchAgain(db: Database, progress: (place: string) => void): Promise<void> {
  const state = await db.selectFrom('rescan_state').select(['match_version', 'matching']).executeTakeFirstOrThrow();
  if (state.match_version === MATCH_VERSION) return;
  const known = state.matching as Step | null;
  let step: Step = known?.version === MATCH_VERSION ? known : { version: MATCH_VERSION, advisory: '', component: 0 };
  while (step.advisory !== null) {
    progress(`naming the packages of advisories after ${step.advisory}`);
    step = await keep(db, { ...step, advisory: (await nameAdvisories(db, step.advisory)) ?? null });
  }
  for (;;) {
    progress(`matching versions after ${step.component} again`);
    const { component } = step;
    const picked = await matchPicked(db, (executor) => componentsAfter(executor, component, BATCH), replace);
    const last = picked.at(-1);
    if (last === undefined) break;
    step = await keep(db, { ...step, component: last.id });
  }
  await db.updateTable('rescan_state').set({ match_version: MATCH_VERSION, matching: null }).execute();
}

async function keep(db: Database, step: Step): Promise<Step> {
  await db
    .updateTable('rescan_state')
    .set({ matching: JSON.stringify(step) })
    .execute();
  return step;
}

/** What was never matched has its name only: whoever stores it matches it. */
async function replace(...[trx, epoch, matched, locked]: Parameters<WriteMatched>): Promise<void> {
  const keys = locked.map(({ id, ecosystem, advisory_name }) => ({
    id,
    key: normalisePackageName(ecosystem, advisory_name),
  }));
  await sql`
    update component c set package_key = k.key from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as k(id bigint, key text)
    where c.id = k.id and c.package_key is distinct from k.key`.execute(trx);
  const known = new Set(locked.flatMap(({ id, isMatched }) => (isMatched ? [id] : [])));
  await replaceMatches(
    trx,
    epoch,
    matched.filter(({ id }) => known.has(id)),
  );
}
