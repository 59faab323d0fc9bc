import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import { isIntakeRepository } from '../../domain/policy/environments.ts';
import { type Database, transact } from './database.ts';
import { createIntakeLedger } from './intake-ledger.ts';
import { appendOutbox } from './outbox.ts';
import type { PolicyStore } from './policy-store.ts';

/** What a comparison with the registry needs to know and record. */
export function createReconcileBook(db: Database, policies: PolicyStore) {
  const ledger = createIntakeLedger(db);
  return {
    isTakenIn: async (repository: string) => isIntakeRepository(await policies.current(), repository),

    /** Undefined where this digest is known under this tag, or was pushed by us. */
    async takeIn({
      repository,
      digest,
      tag,
      mediaType,
      seenAt,
    }: ArtifactKey & { tag: string; mediaType: string; seenAt: string }): Promise<number | undefined> {
      const named = await db
        .selectFrom('tag')
        .select(['digest', 'event_id'])
        .where('repository', '=', repository)
        .where('tag', '=', tag)
        .executeTakeFirst();
      if (named?.digest === digest || (await ledger.isIntended({ repository, digest, tag }))) return undefined;
      // Of this move of the tag: a tag that came back to a digest it named before was missed once more.
      const move = `${repository}:${tag}@${digest} after ${named?.event_id ?? 'nothing'}`;
      const id = `reconcile-${createHash('sha256').update(move).digest('hex').slice(0, 32)}`;
      const decision = await ledger.accept({
        event: {
          kind: 'artifact-pushed',
          id,
          source: '/pratique/reconcile',
          occurredAt: seenAt,
          repository,
          digest,
          mediaType,
          tag,
        },
        key: { repository, digest },
        cause: 'reconcile',
        tag,
      });
      return decision.outcome === 'dropped' ? undefined : decision.generation;
    },

    report: (result: { repositories: number; tags: number; missed: readonly string[] }): Promise<void> =>
      transact(db, async (trx) => {
        const { rows } = await sql<{
          next: number;
        }>`select coalesce(max(sequence), 0) + 1 as next from outbox where subject = 'reconcile'`.execute(trx);
        await appendOutbox(trx, {
          subject: 'reconcile',
          step: `run/${rows[0]?.next ?? 1}`,
          type: 'registry.reconciled',
          actor: 'system',
          data: result,
        });
      }),
  };
}
