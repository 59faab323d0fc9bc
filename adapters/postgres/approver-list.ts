/** What the trust worker says of its own list of approvers, so that the doctor can. */
import type { ApproverList } from '../../domain/identity/approver-list.ts';
import type { Database } from './database.ts';

/** Undefined: it was given none. */
export async function tellApproverList(db: Database, list: ApproverList | undefined): Promise<void> {
  const row = {
    digest: list?.digest ?? null,
    people: list === undefined ? 0 : Object.keys(list.approvers).length,
    read_at: new Date(),
  };
  await db
    .insertInto('approver_list')
    .values(row)
    .onConflict((conflict) => conflict.column('singleton').doUpdateSet(row))
    .execute();
}

/** `digest` null: the trust worker has none. Undefined where none has started yet that says so. */
export async function readApproverList(
  db: Database,
): Promise<{ readonly digest: string | null; readonly people: number } | undefined> {
  return db.selectFrom('approver_list').select(['digest', 'people']).executeTakeFirst();
}
