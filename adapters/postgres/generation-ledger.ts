import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { GenerationKey, GenerationLedger } from '../../domain/artifact/generation-ledger.ts';
import { subjectOf } from '../../domain/artifact/subject.ts';
import { type Database, transact } from './database.ts';
import { refenceSelected } from './fence.ts';
import { judgedWith } from './judged-with.ts';
import { appendOutbox } from './outbox.ts';

export function createGenerationLedger(db: Database): GenerationLedger {
  return {
    async claim(key, runId) {
      const row = await db
        .updateTable('generation')
        .set({ state: 'claimed', run_id: runId, claimed_at: sql<Date>`coalesce(claimed_at, now())` })
        .where('repository', '=', key.repository)
        .where('digest', '=', key.digest)
        .where('generation', '=', key.generation)
        .where('state', '<>', 'closed')
        .returning(['joined', sql<number>`extract(epoch from now() - created_at)::float8`.as('age')])
        .executeTakeFirst();
      return row === undefined ? { state: 'closed' } : { state: 'claimed', joined: row.joined, ageSeconds: row.age };
    },

    recordStructure: (key, structure) =>
      transact(db, async (trx) => {
        await trx
          .updateTable('artifact')
          .set({
            media_type: structure.descriptor.mediaType,
            size: structure.descriptor.size,
            kind: structure.kind,
            phase: 'inspecting',
            // Of before, as that the registry did not have it.
            reason: '',
            updated_at: sql<Date>`now()`,
          })
          .where('repository', '=', key.repository)
          .where('digest', '=', key.digest)
          .execute();
        if (structure.children.length === 0) return;
        await trx
          .insertInto('artifact_edge')
          .values(
            structure.children.map((child) => ({
              parent: key.digest,
              child: child.digest,
              platform: child.platform ?? null,
            })),
          )
          .onConflict((conflict) => conflict.columns(['parent', 'child']).doNothing())
          .execute();
        // A new edge can bring an artifact into the closure of an open incident.
        await refenceSelected(trx, [key.digest, ...structure.children.map((child) => child.digest)]);
      }),

    recordNesting: (way) =>
      transact(db, async (trx) => {
        const edges = way.slice(1).map((child, level) => ({ parent: way[level] as Digest, child, platform: null }));
        const made = await trx
          .insertInto('artifact_edge')
          .values(edges)
          .onConflict((conflict) => conflict.columns(['parent', 'child']).doNothing())
          .returning('child')
          .execute();
        if (made.length > 0) await refenceSelected(trx, [...way]);
      }),

    recordContent: (content) =>
      transact(db, async (trx) => {
        await trx
          .insertInto('artifact_content')
          .values({ digest: content.digest, config_digest: content.config, created: content.created ?? null })
          .onConflict((conflict) => conflict.column('digest').doNothing())
          .execute();
        if (content.diffIds.length > 0)
          await trx
            .insertInto('artifact_layer')
            .values(content.diffIds.map((diffId, position) => ({ digest: content.digest, position, diff_id: diffId })))
            .onConflict((conflict) => conflict.columns(['digest', 'position']).doNothing())
            .execute();
        await refenceSelected(trx, [content.digest]);
      }),

    async whereabouts(key) {
      const tag = await db
        .selectFrom('tag')
        .select('tag')
        .where('repository', '=', key.repository)
        .where('digest', '=', key.digest)
        .executeTakeFirst();
      const holders = (await judgedWith(db, key)).filter(({ digest }) => digest !== key.digest);
      return { tagged: tag !== undefined, parent: holders[0]?.digest };
    },

    async setPhase(key, phase, reason) {
      await db
        .updateTable('artifact')
        .set({ phase, reason, updated_at: sql<Date>`now()` })
        .where('repository', '=', key.repository)
        .where('digest', '=', key.digest)
        .execute();
    },

    awaitSigning: (key, reason) =>
      transact(db, async (trx) => {
        await trx
          .updateTable('artifact')
          .set({ phase: 'awaiting-signing', reason, updated_at: sql<Date>`now()` })
          .where('repository', '=', key.repository)
          .where('digest', '=', key.digest)
          .execute();
        await appendOutbox(trx, {
          subject: subjectOf(key),
          step: `generation/${key.generation}/awaiting-signing`,
          type: 'artifact.awaiting-signing',
          actor: 'system',
          data: { generation: key.generation, reason },
        });
      }),

    conclude: (key, result) => transact(db, (trx) => conclude(trx, key, result)),
  };
}

async function conclude(
  trx: Parameters<Parameters<typeof transact>[1]>[0],
  key: GenerationKey,
  result: Parameters<GenerationLedger['conclude']>[1],
): Promise<{ again: false } | { again: true; joined: number }> {
  const row = await trx
    .selectFrom('generation')
    .select(['joined', 'state', 'trace'])
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('generation', '=', key.generation)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  if (row.state === 'closed') return { again: false };
  if (row.joined > result.joined) return { again: true, joined: row.joined };
  await trx
    .updateTable('generation')
    .set({ state: 'closed', outcome: result.outcome, reason: result.reason, closed_at: sql<Date>`now()` })
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .where('generation', '=', key.generation)
    .execute();
  await trx
    .updateTable('artifact')
    .set({ phase: result.outcome, outcome: result.outcome, reason: result.reason, updated_at: sql<Date>`now()` })
    .where('repository', '=', key.repository)
    .where('digest', '=', key.digest)
    .execute();
  await appendOutbox(trx, {
    subject: subjectOf(key),
    step: `generation/${key.generation}/closed`,
    type: `artifact.${result.outcome}`,
    actor: 'system',
    data: { generation: key.generation, outcome: result.outcome, reason: result.reason },
    trace: row.trace,
  });
  return { again: false };
}
