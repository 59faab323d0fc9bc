import { sql } from 'kysely';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { EnvironmentPolicy } from '../../domain/policy/document.ts';
import { environmentRepository } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Executor } from './database.ts';
import { isGone } from './gone-places.ts';
import { isOnlyImported } from './grandfathered.ts';

/** RFC 3339, by environment: since when it is live where this one comes after. That it was there before is no step on the way, nor what somebody deleted there. */
export async function liveSince(
  executor: Executor,
  policy: Policy,
  { after }: Pick<EnvironmentPolicy, 'after'>,
  key: ArtifactKey,
): Promise<Readonly<Record<string, string>>> {
  const since: Record<string, string> = {};
  for (const previous of after) {
    const row = await executor
      .selectFrom('placement')
      .select('since')
      .where('environment', '=', previous)
      .where('destination', '=', environmentRepository(policy, previous, key.repository))
      .where('digest', '=', key.digest)
      .where('state', '=', 'live')
      .where(sql<boolean>`not ${isOnlyImported('placement')} and not ${isGone('placement')}`)
      .executeTakeFirst();
    if (row !== undefined) since[previous] = row.since.toISOString();
  }
  return since;
}
