/**
 * Exceptions of the policy end by themselves, as decisions do: what they let through, and runs or waits, is judged again, and an event
 * says so. They hold no incident back, so that their end opens none.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { subjectOf } from '../../domain/artifact/subject.ts';
import { exceptionsOf, firstEnd, type PlacedException } from '../../domain/policy/gates/finding-exceptions.ts';
import { hasEnded } from '../../domain/policy/instant.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { type Database, transact } from './database.ts';
import { judgeAgain } from './judge-again.ts';
import { appendOutbox } from './outbox.ts';
import { type Counted, type Place, reachedByException } from './reached-by-exception.ts';

/** Artifacts in one transaction. */
const ARTIFACTS = 200;
/** Changes named in one event. */
const NAMED = 50;

export interface ToldExceptions {
  readonly ended: number;
  readonly artifacts: number;
  /** RFC 3339: when the next one ends. */
  readonly next: string | undefined;
}

/** Tried again after any of its writes, it goes on where it stopped. */
export async function tellExceptions(
  db: Database,
  policy: Policy,
  progress: (place: string) => void,
): Promise<ToldExceptions> {
  const now = new Date().toISOString();
  const all = exceptionsOf(policy.document);
  const ended = await untold(
    db,
    all.filter(({ expires }) => hasEnded(expires, now)),
  );
  let artifacts = 0;
  for (const exception of ended) {
    artifacts += await tell(db, policy, exception, progress);
    const { environment, advisory, purl = '', expires } = exception;
    await sql`insert into policy_exception_end (environment, advisory, purl, expires)
      values (${environment}, ${advisory}, ${purl}, ${expires}) on conflict do nothing`.execute(db);
  }
  return { ended: ended.length, artifacts, next: firstEnd(all, now) };
}

async function untold(db: Database, ended: readonly PlacedException[]): Promise<PlacedException[]> {
  if (ended.length === 0) return [];
  const rows = await db
    .selectFrom('policy_exception_end')
    .select(['environment', 'advisory', 'purl', 'expires'])
    .execute();
  const known = new Set(rows.map(keyOf));
  return [...new Map(ended.map((one) => [keyOf(one), one])).values()].filter((one) => !known.has(keyOf(one)));
}

const keyOf = ({ environment, advisory, purl = '', expires }: Omit<PlacedException, 'reason'>) =>
  JSON.stringify([environment, advisory, purl, expires]);

/** Returns how many artifacts it let through. */
async function tell(
  db: Database,
  policy: Policy,
  exception: PlacedException,
  progress: (place: string) => void,
): Promise<number> {
  const reached = await reachedByException(db, policy, exception);
  for (let start = 0; start < reached.length; start += ARTIFACTS) {
    progress(`the end of an exception: ${start} of ${reached.length}`);
    const chunk = reached.slice(start, start + ARTIFACTS);
    await transact(db, async (trx) => {
      await judgeAgain(
        trx,
        chunk.map(({ place: { repository, digest } }) => ({ repository, digest, eased: false })),
      );
      for (const { place, found } of chunk) await appendOutbox(trx, eventOf(exception, place, found));
    });
  }
  return reached.length;
}

function eventOf(
  { environment, advisory, purl, reason, expires }: PlacedException,
  place: Place,
  found: readonly Counted[],
) {
  const id = createHash('sha256').update(keyOf({ environment, advisory, purl, expires })).digest('hex').slice(0, 16);
  return {
    ...{ subject: subjectOf(place), step: `exception/${id}`, type: 'artifact.findings-changed', actor: 'system' },
    data: {
      changed: found.length,
      changes: found.slice(0, NAMED).map((one) => ({ change: 'appeared', ...one })),
      environments: place.live ? [environment] : [],
      exception: { advisory, ...(purl === undefined ? {} : { purl }), environment, reason, expires },
    },
  };
}
