/** Passkeys as their owners registered them, and how far each has counted. */
import { type Selectable, sql } from 'kysely';
import type { Passkey, PasskeyBook } from '../../domain/identity/passkey.ts';
import { type Database, type Executor, transact } from './database.ts';
import { principalOf } from './principals.ts';
import type { Schema } from './schema.ts';

/** Of one person: more are lost than used. */
const MAX_PASSKEYS = 20;

type Row = Selectable<Schema['passkey']> & { readonly holder: string | null };

export function createPasskeyBook(db: Database): PasskeyBook {
  return {
    register: (subject, passkey) =>
      transact(db, async (trx) => {
        const known = await select(trx).where('passkey.id', '=', passkey.id).executeTakeFirst();
        if (known?.subject === subject && known.fingerprint === passkey.fingerprint) return { outcome: 'unchanged' };
        if (known !== undefined) return { outcome: 'refused', reason: 'that passkey is registered already' };
        if ((await ownedBy(trx, subject)).length >= MAX_PASSKEYS)
          return { outcome: 'refused', reason: `${subject} has ${MAX_PASSKEYS} passkeys: forget one of them first` };
        const { id, fingerprint, publicKey, relyingParty, name, transports, signCount } = passkey;
        const added = await trx
          .insertInto('passkey')
          .values({
            ...{ id, fingerprint, subject, name },
            public_key: publicKey,
            relying_party: relyingParty,
            transports: JSON.stringify(transports),
            sign_count: signCount,
          })
          .onConflict((conflict) => conflict.doNothing())
          .returning('id')
          .executeTakeFirst();
        return added === undefined
          ? { outcome: 'refused', reason: 'that passkey is registered already' }
          : { outcome: 'registered' };
      }),
    of: async (subject) => (await ownedBy(db, subject)).map(toPasskey),
    async find(id) {
      const row = await select(db).where('passkey.id', '=', id).executeTakeFirst();
      return row === undefined ? undefined : toPasskey(row);
    },
    async use(id, { signCount, at }) {
      const { rows } = await sql`
        update passkey set sign_count = ${signCount}, statement_at = ${at}, used_at = now()
        where id = ${id} and (sign_count < ${signCount} or (sign_count = 0 and ${signCount} = 0))
          and (statement_at is null or statement_at < ${at}) returning id`.execute(db);
      return rows.length === 1;
    },
    forget: (subject, id) =>
      transact(db, async (trx) => {
        const own = (await ownedBy(trx, subject)).find((row) => row.id === id);
        if (own === undefined) return false;
        await trx.deleteFrom('passkey').where('id', '=', id).execute();
        return true;
      }),
  };
}

function select(executor: Executor) {
  return executor
    .selectFrom('passkey')
    .leftJoin('principal_alias as alias', (join) =>
      join.on('alias.kind', '=', 'webauthn').onRef('alias.value', '=', 'passkey.fingerprint'),
    )
    .selectAll('passkey')
    .select('alias.subject as holder');
}

/** Of whoever the subject is, under whatever subject they registered it. */
async function ownedBy(executor: Executor, subject: string): Promise<Row[]> {
  const principal = await principalOf(executor, subject);
  return select(executor)
    .where((where) =>
      where.or([
        where('passkey.subject', '=', principal),
        where(
          'passkey.subject',
          'in',
          where
            .selectFrom('principal_alias as other')
            .select('other.value')
            .where('other.kind', '=', 'subject')
            .where('other.subject', '=', principal),
        ),
      ]),
    )
    .orderBy('passkey.registered_at')
    .orderBy('passkey.id')
    .execute();
}

function toPasskey(row: Row): Passkey {
  return {
    id: row.id,
    fingerprint: row.fingerprint,
    publicKey: row.public_key,
    relyingParty: row.relying_party,
    subject: row.subject,
    name: row.name,
    transports: row.transports,
    signCount: row.sign_count,
    holder: row.holder ?? undefined,
    registeredAt: row.registered_at.toISOString(),
    usedAt: row.used_at?.toISOString(),
  };
}
