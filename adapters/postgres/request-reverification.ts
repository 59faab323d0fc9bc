import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { taskQueues, workflowIds } from '../../domain/artifact/subject.ts';
import type { Schema } from './schema.ts';
import { requestWorkflow } from './workflow-request.ts';

type Trx = Transaction<Schema>;

/** What relied on a signer or builder is to be looked at: in the transaction of the revocation. */
export async function requestReverification(trx: Trx, kind: 'signer' | 'builder', value: string): Promise<void> {
  const id = `rev-${new Date().toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  await trx.insertInto('reverification').values({ id, kind, value, stood: '[]', fell: '[]' }).execute();
  await requestWorkflow(trx, {
    id: workflowIds.reverify(id),
    kind: 'reverify',
    taskQueue: taskQueues.control,
    input: { reverification: id },
    generation: 1,
  });
}

/** A key or an identity that we sign as, by its name as a signer: `key:…`, `cert:…`. */
export async function isOwn(trx: Trx, value: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from own_key where 'key:' || key_id = ${value} union all select 1 from own_identity where name = ${value}`.execute(
    trx,
  );
  return rows.length > 0;
}
