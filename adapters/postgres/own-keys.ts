/** The keys of this installation, as the database remembers them. */
import { sql } from 'kysely';
import { KeyNotNew, type NewKey } from '../../domain/trust/key-rotation.ts';
import type { Database, Executor } from './database.ts';

export interface OwnKeyRecord {
  readonly keyId: string;
  /** `evidence`, `admission-<environment>`, `checkpoint`. */
  readonly name: string;
  readonly publicKeyPem: string;
  /** In the folder of the trust worker, without its ending; absent: as it is called. */
  readonly file?: string;
}

/** Remembers every public key this installation ever held: what those signed never counts as origin. */
export async function registerOwnKeys(db: Database, keys: readonly OwnKeyRecord[]): Promise<void> {
  if (keys.length === 0) return;
  await db
    .insertInto('own_key')
    .values(
      keys.map(({ keyId, name, publicKeyPem, file }) => ({
        ...{ key_id: keyId, name, public_key: publicKeyPem },
        ...(file === undefined || file === name ? {} : { file }),
      })),
    )
    .onConflict((conflict) => conflict.column('key_id').doNothing())
    .execute();
}

/** What these keys are remembered as: the name of each by its id. */
export async function ownKeyNames(db: Database, keyIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.selectFrom('own_key').select(['key_id', 'name']).where('key_id', 'in', keyIds).execute();
  return new Map(rows.map(({ key_id, name }) => [key_id, name]));
}

/**
 * Throws a KeyNotNew where the key that is to take another's place is ours already: retired it would sign nothing, under another
 * name two kinds of statements. Its own file is no other key's: a worker that started meanwhile remembers what it finds there.
 */
export async function refuseKnownKey(
  db: Executor,
  { keyId, file, reference }: Omit<NewKey, 'publicKeyPem'>,
): Promise<void> {
  const known = await db
    .selectFrom('own_key')
    .select(['name', 'state'])
    .where('key_id', '=', keyId)
    .where(sql<boolean>`(file is distinct from ${file ?? null} or state <> 'trusted')`)
    .executeTakeFirst();
  if (known === undefined) return;
  throw new KeyNotNew(
    `${reference ?? file} is ours already (${known.name}, ${known.state}): make a key that was never used here, and rotate to that`,
  );
}

/** Which key of a name signs: the newest that is trusted, else the newest, which says why it does not. */
export async function keyInUse(
  db: Executor,
  name: string,
): Promise<{ keyId: string; file: string; reference: string | undefined } | undefined> {
  const { rows } = await sql<{ key_id: string; file: string | null; reference: string | null }>`
    select key_id, file, reference from own_key where name = ${name}
    order by state = 'trusted' desc, first_seen desc, length(coalesce(file, '')) desc, file desc limit 1`.execute(db);
  const row = rows[0];
  return row === undefined
    ? undefined
    : { keyId: row.key_id, file: row.file ?? name, reference: row.reference ?? undefined };
}
