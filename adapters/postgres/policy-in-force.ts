/** The row of the policy in force: the highest version. */
import { sql, type Transaction } from 'kysely';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Executor } from './database.ts';
import { advanceTrustEpoch } from './epoch.ts';
import type { Schema } from './schema.ts';

/** No two changes of the policy at once, until the transaction ends; readers wait for none. */
export async function lockPolicies(trx: Transaction<Schema>): Promise<void> {
  await sql`lock table policy in share row exclusive mode`.execute(trx);
}

export function newestPolicy(executor: Executor) {
  return executor
    .selectFrom('policy')
    .select(['version', 'digest', 'body', 'file_name'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Under the lock, after every check. */
export async function putInForce(
  trx: Transaction<Schema>,
  policy: Policy,
  text: string,
  actor: string,
  signed?: { readonly by: string; readonly signature: string },
): Promise<void> {
  const { document, digest, fileName } = policy;
  const { version, baseLayers } = document;
  await trx
    .insertInto('policy')
    .values({
      ...{ version, digest, body: text, file_name: fileName, activated_by: actor },
      ...{ signed_by: signed?.by ?? null, signature: signed?.signature ?? null },
      // When it came into force: not when its transaction began to wait for the others.
      activated_at: sql<Date>`clock_timestamp()`,
    })
    .execute();
  await reach('policy.inserted', String(version));
  await trx.deleteFrom('base_layer').execute();
  if (baseLayers.length > 0)
    await trx
      .insertInto('base_layer')
      .values(baseLayers.map((diff_id) => ({ diff_id })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  await advanceTrustEpoch(trx);
}
