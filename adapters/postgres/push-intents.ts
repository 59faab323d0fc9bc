import type { Digest } from '../../domain/artifact/digest.ts';
import type { Database } from './database.ts';

/** Records that a push is ours, committed before it is made: the registry's event about it starts nothing. */
export function createPushIntents(db: Database): (repository: string, digest: Digest) => Promise<void> {
  return async (repository, digest) => {
    await db
      .insertInto('push_intent')
      .values({ repository, digest, kind: 'push' })
      .onConflict((conflict) => conflict.columns(['repository', 'digest']).doNothing())
      .execute();
  };
}
