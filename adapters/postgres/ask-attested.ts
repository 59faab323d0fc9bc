/** After an upgrade, or when the policy begins to read attested SBOMs: what runs or waits is judged again, and so they are kept. */
import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { canonicalJson } from '../../domain/trust/canonical-json.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { type Database, transact } from './database.ts';
import { judgeAgain } from './judge-again.ts';

/** Artifacts in one transaction. */
const ARTIFACTS = 200;

/** Once for what the policy says of them. Ended on the way, it begins again. */
export async function askAttested(db: Database, policy: Policy, progress: (place: string) => void): Promise<void> {
  const asked = policy.document.documents?.sbom;
  if (asked === undefined || asked.prefer === 'generated') return;
  const said = canonicalJson(asked);
  const state = await db.selectFrom('rescan_state').select('attested_as').executeTakeFirstOrThrow();
  if (state.attested_as === said) return;
  for (let after: ArtifactKey | undefined = { repository: '', digest: '' as Digest }; after !== undefined; ) {
    progress(`asking for attested SBOMs after ${after.repository}`);
    after = await askOf(db, after);
  }
  await db.updateTable('rescan_state').set({ attested_as: said }).execute();
}

/** Returns the last of the batch; undefined after the last one. */
function askOf(db: Database, after: ArtifactKey): Promise<ArtifactKey | undefined> {
  const types = [predicateTypes.cycloneDx, predicateTypes.spdx, predicateTypes.reference];
  return transact(db, async (trx) => {
    const { rows } = await sql<ArtifactKey & { attested: boolean }>`
      with open as (
        select distinct repository, digest from promotion where (repository, digest) > (${after.repository}, ${after.digest})
          and state in ('requested', 'waiting', 'reserved', 'live') order by 1, 2 limit ${ARTIFACTS})
      select o.repository, o.digest, exists (
        select from evidence e where e.repository = o.repository and e.outcome = 'verified'
          and e.subject in (select o.digest union select platform_digest from artifact_stock where digest = o.digest)
          and e.origin = 'foreign' and e.predicate_type = any(${types}::text[])) as attested
      from open o order by 1, 2`.execute(trx);
    await judgeAgain(
      trx,
      rows.filter(({ attested }) => attested).map(({ repository, digest }) => ({ repository, digest, eased: false })),
    );
    return rows.length < ARTIFACTS ? undefined : rows.at(-1);
  });
}
