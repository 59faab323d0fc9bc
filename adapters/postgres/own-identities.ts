import { identityName } from '../../domain/trust/evidence.ts';
import type { CertificateIdentity } from '../../domain/trust/signer.ts';
import type { Database } from './database.ts';

/** Remembers everybody our certificates ever named: what they signed never counts as origin. */
export async function registerOwnIdentities(db: Database, identities: readonly CertificateIdentity[]): Promise<void> {
  if (identities.length === 0) return;
  await db
    .insertInto('own_identity')
    .values(identities.map((identity) => ({ name: identityName(identity) })))
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
}
