/** The row of the policy in force: the highest version. */
import { sql, type Transaction } from 'kysely';
import { reach } from '../../domain/fault/fault-point.ts';
import type { Policy } from '../../domain/policy/policy.ts';
import type { Executor } from './database.ts';
import { advanceTrustEpoch } from './epoch.ts';
import { appendOutbox } from './outbox.ts';
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

/** A policy that comes into force, after every check. */
export interface ComingPolicy {
  readonly policy: Policy;
  readonly text: string;
  /** All who stand for it: who brought it, and who agreed. */
  readonly activatedBy: string;
  /** Whose act put it in force. */
  readonly actor: string;
  readonly signed?: { readonly by: string; readonly signature: string } | undefined;
  /** The id of the proposal it was. */
  readonly proposal?: string | undefined;
}

/** Under the lock. */
export async function putInForce(
  trx: Transaction<Schema>,
  { policy, text, activatedBy, actor, signed, proposal }: ComingPolicy,
): Promise<void> {
  const { document, digest, fileName } = policy;
  const { version, baseLayers } = document;
  await trx
    .insertInto('policy')
    .values({
      ...{ version, digest, body: text, file_name: fileName, activated_by: activatedBy },
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
  await appendOutbox(trx, {
    ...{ subject: 'policy', step: `activated/${version}`, type: 'policy.activated', actor },
    data: {
      ...{ version, digest, fileName, activatedBy },
      ...(signed && { signedBy: signed.by }),
      ...(proposal && { proposal }),
    },
  });
}
