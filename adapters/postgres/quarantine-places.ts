/** Where a digest is to be taken out of, and where to look for it. */
import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Holding } from '../../domain/incident/quarantine-book.ts';
import {
  environmentRepository,
  isEnvironmentRepository,
  quarantineRepositoryOf,
} from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Database } from './database.ts';
import { runsFromIntake } from './grandfathered.ts';
import { withHolders } from './nesting.ts';

/** Where a promotion, or an import, put it, or may have. */
export async function holdingsOf(db: Database, policy: Policy, digest: Digest): Promise<readonly Holding[]> {
  // A child is where its indexes are: no placement names it.
  const { rows } = await sql<{ environment: string; destination: string; pushed: string | null }>`
    select distinct p.environment, p.destination,
      (select min(r.repository) from promotion r where r.environment = p.environment and r.digest = p.digest) as pushed
    from placement p where p.digest = any(${withHolders(digest)})
      -- What runs from where it was pushed stays there, as any quarantined artifact does: it is fenced, and is not ours to stop.
      and not ${runsFromIntake('p')}
    order by 1, 2`.execute(db);
  return rows.map(({ environment, destination, pushed }) => {
    // An environment the policy no longer has still holds what it holds.
    const repository = isEnvironmentRepository(policy, destination)?.repository ?? pushed ?? destination;
    return { environment, destination, repository, quarantine: quarantineRepositoryOf(policy, repository) };
  });
}

/** And where somebody may have put it past us, or we did before this database was set back to an older state. */
export async function placesOf(db: Database, policy: Policy, digest: Digest): Promise<readonly Holding[]> {
  const holdings = await holdingsOf(db, policy, digest);
  const { rows } = await sql<{ repository: string; is_seen: boolean }>`
    with holder as (select unnest(${withHolders(digest)}) as digest)
    select a.repository, false as is_seen from artifact a where a.digest in (select digest from holder)
    union
    select split_part(f.subject, '@', 1), true from finding f
    where f.kind = 'unplanned-push' and split_part(f.subject, '@', 2) in (select digest from holder)
    order by 1`.execute(db);
  const environments = policy.document.environments.map(({ name }) => name);
  const names = rows.flatMap(({ repository, is_seen }) =>
    is_seen ? [repository] : environments.map((name) => environmentRepository(policy, name, repository)),
  );
  const known = new Set(holdings.map(({ destination }) => destination));
  const others = [...new Set(names)].flatMap((destination): Holding[] => {
    const place = isEnvironmentRepository(policy, destination);
    if (place === undefined || known.has(destination)) return [];
    return [{ ...place, destination, quarantine: quarantineRepositoryOf(policy, place.repository) }];
  });
  return [...holdings, ...others];
}
