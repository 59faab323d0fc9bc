import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { ReconcileReport } from '../../domain/artifact/reconcile.ts';
import type { ArtifactKey } from '../../domain/artifact/subject.ts';
import { isIntakeRepository } from '../../domain/policy/environments.ts';
import type { Database } from './database.ts';
import { createIntakeLedger } from './intake-ledger.ts';
import { appendOutbox } from './outbox.ts';
import type { PolicyStore } from './policy-store.ts';

/** What a comparison with the registry needs to know and record. */
export function createReconcileBook(db: Database, policies: PolicyStore) {
  const ledger = createIntakeLedger(db);
  return {
    isTakenIn: async (repository: string) => isIntakeRepository(await policies.current(), repository),

    /** Now, RFC 3339: when a tag was pushed is told by this clock too, whatever the clocks of workers say. */
    async clock(): Promise<string> {
      const { rows } = await sql<{ now: string }>`select to_json(clock_timestamp()) #>> '{}' as now`.execute(db);
      return rows[0]?.now ?? '';
    },

    /** `seenAt`, by that clock: before the look. Undefined where this digest is known under this tag, or was pushed by us. */
    async takeIn({
      repository,
      digest,
      tag,
      mediaType,
      seenAt,
    }: ArtifactKey & { tag: string; mediaType: string; seenAt: string }): Promise<number | undefined> {
      const named = await db
        .selectFrom('tag')
        .select([
          'digest',
          'event_id',
          sql<boolean>`coalesce(occurred_at > ${seenAt}::timestamptz, false)`.as('is_newer'),
        ])
        .where('repository', '=', repository)
        .where('tag', '=', tag)
        .executeTakeFirst();
      if (named?.digest === digest || (await ledger.isIntended({ repository, digest, tag }))) return undefined;
      // Of this move of the tag: a tag that came back to a digest it named before was missed once more. A look that moves it is an
      // event of its own, whatever was decided about an earlier one; one from before the tag was pushed moves nothing, and is told once.
      const move = `${repository}:${tag}@${digest} after ${named?.event_id ?? 'nothing'}`;
      const look = named?.is_newer === true ? move : `${move} seen ${seenAt}`;
      const id = `reconcile-${createHash('sha256').update(look).digest('hex').slice(0, 32)}`;
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

    /** Once a run of the workflow, however often its activity is tried. `actor`: who asked for it. */
    report: (result: ReconcileReport, actor: string, runId: string): Promise<void> =>
      appendOutbox(db, {
        ...{ subject: 'reconcile', step: `run/${runId}`, type: 'registry.reconciled', actor },
        data: { ...result },
      }),
  };
}
