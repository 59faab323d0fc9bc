/** What the trust worker says of its own list of approvers: for the doctor, and so that no fewer are asked than it counts. */
import type { ApproverList } from '../../domain/identity/approver-list.ts';
import { approvalRuleOf, type WeighedRule } from '../../domain/policy/approval-rule.ts';
import type { EnvironmentPolicy } from '../../domain/policy/document.ts';
import type { Database, Executor } from './database.ts';

/** Undefined: it was given none. */
export async function tellApproverList(db: Database, list: ApproverList | undefined): Promise<void> {
  const row = {
    digest: list?.digest ?? null,
    people: list === undefined ? 0 : Object.keys(list.approvers).length,
    required: JSON.stringify(list?.required ?? {}),
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

/**
 * Who is asked: as the policy says, and as many as the trust worker's list wants where that is more. It counts them itself: the row is
 * believed to ask for more, and for nothing else. Undefined where the policy asks nobody.
 */
export async function askedApprovals(
  executor: Executor,
  environment: EnvironmentPolicy,
): Promise<WeighedRule | undefined> {
  const rule = approvalRuleOf(environment);
  if (rule === undefined) return undefined;
  const told = await executor.selectFrom('approver_list').select('required').executeTakeFirst();
  const least = told?.required[environment.name];
  return least !== undefined && least > rule.required ? { ...rule, required: least } : rule;
}
