/** Who is who: one person is one principal, whatever subjects, commit keys, accounts and builders are theirs. */
import { sql } from 'kysely';
import type { AliasKind, PrincipalAlias, PrincipalDesk, PrincipalRecord } from '../../domain/identity/principal.ts';
import { type Database, type Executor, transact } from './database.ts';
import { appendOutbox } from './outbox.ts';

/** The principal a subject stands for: itself, unless it was joined to another. */
export async function principalOf(executor: Executor, subject: string): Promise<string> {
  const row = await executor
    .selectFrom('principal_alias')
    .select('subject')
    .where('kind', '=', 'subject')
    .where('value', '=', subject)
    .executeTakeFirst();
  return row?.subject ?? subject;
}

/** The same for many, in order. */
export async function principalsOf(executor: Executor, subjects: readonly string[]): Promise<string[]> {
  if (subjects.length === 0) return [];
  const rows = await executor
    .selectFrom('principal_alias')
    .select(['value', 'subject'])
    .where('kind', '=', 'subject')
    .where('value', 'in', [...subjects])
    .execute();
  const joined = new Map(rows.map(({ value, subject }) => [value, subject]));
  return subjects.map((subject) => joined.get(subject) ?? subject);
}

/** The principal a key or an identity was joined to. */
export async function holderOf(executor: Executor, kind: AliasKind, value: string): Promise<string | undefined> {
  const row = await executor
    .selectFrom('principal_alias')
    .select('subject')
    .where('kind', '=', kind)
    .where('value', '=', value)
    .executeTakeFirst();
  return row?.subject;
}

export function createPrincipalDesk(db: Database): PrincipalDesk {
  return {
    list: () => listPrincipals(db),
    join: ({ principal, kind, value }, actor) =>
      transact(db, async (trx) => {
        // One at a time: two that join each other would be nobody.
        await sql`lock table principal_alias in share row exclusive mode`.execute(trx);
        const why =
          kind === 'subject'
            ? await refuseSubject(trx, principal, value)
            : await refuseAlias(trx, principal, kind, value);
        if (why !== undefined) return { outcome: 'refused', reason: why };
        const taken = await trx
          .selectFrom('principal_alias')
          .select('subject')
          .where('kind', '=', kind)
          .where('value', '=', value)
          .executeTakeFirst();
        if (taken?.subject === principal) return { outcome: 'unchanged' };
        if (taken !== undefined)
          return { outcome: 'refused', reason: `${kind} ${value} is ${taken.subject}'s: part it from them first` };
        await trx
          .insertInto('principal')
          .values({ subject: principal })
          .onConflict((conflict) => conflict.column('subject').doNothing())
          .execute();
        await trx.insertInto('principal_alias').values({ kind, value, subject: principal }).execute();
        await announce(trx, 'principal.joined', { principal, kind, value }, actor);
        return { outcome: 'joined' };
      }),
    part: ({ kind, value }, actor) =>
      transact(db, async (trx) => {
        const removed = await trx
          .deleteFrom('principal_alias')
          .where('kind', '=', kind)
          .where('value', '=', value)
          .returning('subject')
          .executeTakeFirst();
        if (removed === undefined) return false;
        await announce(trx, 'principal.parted', { principal: removed.subject, kind, value }, actor);
        return true;
      }),
  };
}

async function refuseAlias(
  executor: Executor,
  principal: string,
  kind: AliasKind,
  value: string,
): Promise<string | undefined> {
  const other = await principalOf(executor, principal);
  if (other !== principal) return `${principal} is another subject of ${other}: name ${other}`;
  return kind === 'webauthn' ? refusePasskey(executor, principal, value) : undefined;
}

/** Nobody registers one for somebody else. */
async function refusePasskey(executor: Executor, principal: string, value: string): Promise<string | undefined> {
  const row = await executor
    .selectFrom('passkey')
    .select('subject')
    .where('fingerprint', '=', value)
    .executeTakeFirst();
  if (row === undefined) return `no passkey ${value} is registered: its owner does that on the page of approvals`;
  const owner = await principalOf(executor, row.subject);
  return owner === principal ? undefined : `the passkey ${value} was registered by ${row.subject}, not by ${principal}`;
}

async function refuseSubject(executor: Executor, principal: string, value: string): Promise<string | undefined> {
  if (principal === value) return `${value} is itself: nothing to join`;
  const chain = await refuseAlias(executor, principal, 'subject', value);
  if (chain !== undefined) return chain;
  const has = await executor
    .selectFrom('principal_alias')
    .select('value')
    .where('subject', '=', value)
    .limit(1)
    .executeTakeFirst();
  return has === undefined
    ? undefined
    : `${value} has aliases of its own: part those first, and join them to ${principal}`;
}

async function announce(
  trx: Executor,
  type: string,
  { principal, kind, value }: PrincipalAlias,
  actor: string,
): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from outbox where subject = ${`principal/${principal}`}`.execute(trx);
  const step = `${type}/${kind}/${value}/${rows[0]?.count ?? 0}`;
  await appendOutbox(trx, { subject: `principal/${principal}`, step, type, actor, data: { kind, value } });
}

async function listPrincipals(db: Database): Promise<PrincipalRecord[]> {
  const { rows } = await sql<PrincipalRecord>`
    select p.subject as principal,
      coalesce((select jsonb_agg(jsonb_build_object('kind', a.kind, 'value', a.value) order by a.kind, a.value)
        from principal_alias a where a.subject = p.subject and a.kind <> 'email'), '[]') as aliases
    from principal p
    where not exists (select 1 from principal_alias a where a.kind = 'subject' and a.value = p.subject)
    order by 1`.execute(db);
  return rows;
}
