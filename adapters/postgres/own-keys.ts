import type { Database } from './database.ts';

/** Remembers every public key this installation ever held: what those signed never counts as origin. */
export async function registerOwnKeys(
  db: Database,
  keys: readonly { readonly keyId: string; readonly name: string; readonly publicKeyPem: string }[],
): Promise<void> {
  if (keys.length === 0) return;
  await db
    .insertInto('own_key')
    .values(keys.map(({ keyId, name, publicKeyPem }) => ({ key_id: keyId, name, public_key: publicKeyPem })))
    .onConflict((conflict) => conflict.column('key_id').doNothing())
    .execute();
}
