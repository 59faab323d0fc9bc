/** The keys of this installation, as the database remembers them. */
import { sql } from 'kysely';
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
