import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { type ArtifactKey, subjectOf, taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import type { RebuildBook, RebuildKey, RebuildPlan } from '../../domain/building/rebuild-book.ts';
import type { RebuildDesk } from '../../domain/building/rebuild-desk.ts';
import { rebuildRepositoryOf, sourceOf } from '../../domain/policy/environments.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import { canonicalSource } from '../../domain/policy/source-address.ts';
import { type Database, type Executor, transact } from './database.ts';
import { openGeneration } from './intake-ledger.ts';
import { appendOutbox } from './outbox.ts';
import type { PolicyStore } from './policy-store.ts';
import { newestTagOf } from './request-promotion.ts';
import type { Schema } from './schema.ts';
import { requestWorkflow } from './workflow-request.ts';

type Trx = Transaction<Schema>;

async function isIncident(trx: Trx, id: string): Promise<boolean> {
  return (await trx.selectFrom('incident').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
}

/** Asks for a rebuild; one at a time per artifact. `wake` starts what was requested after commit. */
export function createRebuildDesk(db: Database, wake: () => Promise<void>): RebuildDesk {
  return {
    async request({ key, incident, reason, actor }) {
      const outcome = await transact(db, async (trx) => {
        // By digest, wherever it was pushed, and locked: of two who ask at once the second finds the first one's.
        const known = await trx
          .selectFrom('artifact')
          .select('repository')
          .where('digest', '=', key.digest)
          .orderBy('repository')
          .forNoKeyUpdate()
          .execute();
        if (!known.some(({ repository }) => repository === key.repository))
          return { outcome: 'refused', reason: `${subjectOf(key)} is not known here` } as const;
        if (incident !== undefined && !(await isIncident(trx, incident)))
          return { outcome: 'refused', reason: `there is no incident ${incident}` } as const;
        const open = await trx
          .selectFrom('rebuild')
          .select('id')
          .where('digest', '=', key.digest)
          .where('state', 'in', ['requested', 'building'])
          .executeTakeFirst();
        if (open !== undefined) return { outcome: 'already-open', rebuild: open.id } as const;
        const id = `reb-${randomBytes(6).toString('hex')}`;
        await trx
          .insertInto('rebuild')
          .values({
            id,
            repository: key.repository,
            digest: key.digest,
            incident: incident ?? null,
            state: 'requested',
            reason,
            requested_by: actor,
            new_digest: null,
            difference: null,
          })
          .execute();
        await appendOutbox(trx, {
          subject: subjectOf(key),
          step: `rebuild/${id}/requested`,
          type: 'artifact.rebuild-requested',
          actor,
          data: { rebuild: id, reason },
        });
        await requestWorkflow(trx, {
          id: workflowIds.rebuild(key.digest),
          kind: 'rebuild',
          taskQueue: taskQueues.control,
          input: { ...key, rebuild: id },
        });
        return { outcome: 'requested', rebuild: id } as const;
      });
      await wake();
      return outcome;
    },
  };
}

export function createRebuildBook(db: Database, policies: PolicyStore): RebuildBook {
  return {
    plan: async (key) => planRebuild(db, await policies.current(), key),
    recordBuilding: (key, source) =>
      transact(db, async (trx) => {
        await trx
          .updateTable('rebuild')
          .set({ state: 'building', source: JSON.stringify(source) })
          .where('id', '=', key.rebuild)
          .where('state', '=', 'requested')
          .execute();
        await note(trx, key, 'building', 'artifact.rebuilding', { source });
      }),
    concludeIdentical: (key) =>
      transact(db, async (trx) => {
        const ended = { state: 'identical', new_digest: key.digest, reason: 'rebuilt to the same digest' } as const;
        if (!(await end(trx, key, ended))) return { generation: await newestGeneration(trx, key) };
        await note(trx, key, 'identical', 'artifact.rebuilt', { identical: true });
        return { generation: (await openGeneration(trx, key, 'rebuild', undefined)).generation };
      }),
    concludeDifferent: (key, replacement, difference, summary) =>
      transact(db, async (trx) => {
        const tag = await tagOf(trx, key, replacement);
        const successor = { repository: key.repository, digest: replacement };
        if (!(await end(trx, key, { state: 'different', new_digest: replacement, difference, reason: summary })))
          return { generation: await newestGeneration(trx, successor), tag };
        await note(trx, key, 'different', 'artifact.rebuilt', { identical: false, replacement, summary });
        const { generation } = await openGeneration(trx, successor, 'rebuild', undefined);
        if (tag !== undefined)
          await trx
            .insertInto('tag')
            .values({ repository: key.repository, tag, digest: replacement, event_id: `rebuild/${key.rebuild}` })
            .onConflict((conflict) =>
              conflict
                .columns(['repository', 'tag'])
                .doUpdateSet({ digest: replacement, since: sql<Date>`now()`, event_id: `rebuild/${key.rebuild}` }),
            )
            .execute();
        await appendOutbox(trx, {
          subject: `${key.repository}@${replacement}`,
          step: `rebuild/${key.rebuild}/replaces`,
          type: 'artifact.replaces',
          actor: 'system',
          data: { rebuild: key.rebuild, original: key.digest, tag },
        });
        return { generation, tag };
      }),
    fail: (key, reason) =>
      transact(db, async (trx) => {
        if (await end(trx, key, { state: 'failed', reason }))
          await note(trx, key, 'failed', 'artifact.rebuild-failed', { reason });
      }),
    tagOf: (key, replacement) => tagOf(db, key, replacement),
  };
}

/** The commit comes from provenance that verified; the place to clone from is the policy's, and both must agree. */
export async function planRebuild(db: Database, policy: Policy, key: ArtifactKey): Promise<RebuildPlan> {
  const impossible = (reason: string): RebuildPlan => ({ outcome: 'impossible', reason });
  const source = sourceOf(policy, key.repository);
  if (source === undefined)
    return impossible(`the policy names no source for ${key.repository}: add it under "sources"`);
  const facts = await db
    .selectFrom('artifact_fact')
    .select(['kind', 'value'])
    .where('digest', '=', key.digest)
    .where('kind', 'in', ['commit', 'source'])
    .execute();
  const values = (kind: string) => [...new Set(facts.filter((fact) => fact.kind === kind).map((fact) => fact.value))];
  const [commit, ...others] = values('commit');
  if (commit === undefined) return impossible('no provenance that verifies says from which commit it was built');
  if (others.length > 0)
    return impossible(`provenance names ${others.length + 1} different commits: a person must say which`);
  const foreign = values('source').filter((value) => value !== canonicalSource(source.git));
  if (foreign.length > 0) return impossible(`it was built from ${foreign[0]}, not from the source the policy names`);
  return {
    outcome: 'planned',
    source: { repository: source.git, commit },
    target: rebuildRepositoryOf(policy, key.repository),
  };
}

/**
 * The tag it was pushed under last. Where that has moved on since, the one it was promoted under, unless it names another build
 * now that no incident holds: what was rebuilt is the older of the two.
 */
async function tagOf(executor: Executor, key: RebuildKey, replacement: Digest): Promise<string | undefined> {
  const pushed = await newestTagOf(executor, key);
  if (pushed !== null) return pushed;
  const { rows } = await sql<{ tag: string; is_taken: boolean }>`
    select p.tag, exists (
      select from tag t
      where t.repository = p.repository and t.tag = p.tag and t.digest <> ${replacement}
        and not exists (select from artifact_fence f where f.digest = t.digest and f.state <> 'clear')) as is_taken
    from promotion p
    where p.repository = ${key.repository} and p.digest = ${key.digest} and p.tag is not null
    order by p.requested_at desc, p.environment, p.generation desc limit 1`.execute(executor);
  const [promoted] = rows;
  return promoted === undefined || promoted.is_taken ? undefined : promoted.tag;
}

/** False where it had ended before: a step that is tried again changes nothing. */
async function end(
  trx: Trx,
  key: RebuildKey,
  result: { state: 'identical' | 'different' | 'failed'; reason: string; new_digest?: Digest; difference?: Digest },
): Promise<boolean> {
  const ended = await trx
    .updateTable('rebuild')
    .set({ ...result, ended_at: sql<Date>`now()` })
    .where('id', '=', key.rebuild)
    .where('state', 'in', ['requested', 'building'])
    .returning('id')
    .executeTakeFirst();
  return ended !== undefined;
}

async function newestGeneration(trx: Trx, { repository, digest }: ArtifactKey): Promise<number> {
  const row = await trx
    .selectFrom('artifact')
    .select('generation')
    .where('repository', '=', repository)
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow();
  return row.generation;
}

async function note(
  trx: Trx,
  key: RebuildKey,
  step: string,
  type: string,
  data: Record<string, unknown>,
): Promise<void> {
  await appendOutbox(trx, {
    subject: subjectOf(key),
    step: `rebuild/${key.rebuild}/${step}`,
    type,
    actor: 'system',
    data: { rebuild: key.rebuild, ...data },
  });
}
