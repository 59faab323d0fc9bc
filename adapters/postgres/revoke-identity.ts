import { sql, type Transaction } from 'kysely';
import { advanceTrustEpoch } from './epoch.ts';
import type { Schema } from './schema.ts';

type Trx = Transaction<Schema>;

export interface RevokedIdentity {
  readonly kind: 'signer' | 'builder';
  readonly value: string;
  readonly reason: string;
  readonly actor: string;
  /** RFC 3339. What was provably signed before stands; without it nothing does. */
  readonly from?: string | undefined;
  /** The incident that says so. */
  readonly incident?: string;
}

/**
 * A signer or builder vouches for nothing any more, or from an earlier time on than was said before: whoever says so, verdicts that
 * rested on it are made again, and a key or identity of our own signs no more. False where as much was said before.
 */
export async function revokeIdentity(trx: Trx, revoked: RevokedIdentity): Promise<boolean> {
  const { kind, value, reason, actor, from, incident } = revoked;
  const { rows } = await sql`
    insert into revocation (kind, value, reason, revoked_by, effective_from, incident)
    values (${kind}, ${value}, ${reason}, ${actor}, ${from ?? null}, ${incident ?? null})
    on conflict (kind, value) do update
      set effective_from = excluded.effective_from, reason = excluded.reason, revoked_by = excluded.revoked_by, revoked_at = now(),
        incident = coalesce(excluded.incident, revocation.incident)
      where revocation.effective_from is not null
        and (excluded.effective_from is null or excluded.effective_from < revocation.effective_from)
    returning value`.execute(trx);
  await stopOwn(trx, value);
  if (rows.length === 0) return false;
  await advanceTrustEpoch(trx);
  return true;
}

/** Whoever records a use of a key holds the head: from here on nothing is recorded that this one signs. */
async function stopOwn(trx: Trx, value: string): Promise<void> {
  const keyId = value.slice('key:'.length);
  const { rows } = await sql`
    select 1 from own_key where key_id = ${keyId} and state <> 'revoked' union all select 1 from own_identity where name = ${value}`.execute(
    trx,
  );
  if (rows.length === 0) return;
  await sql`select position from key_use_head for update`.execute(trx);
  await trx
    .updateTable('own_key')
    .set({ state: 'revoked', ended_at: sql<Date>`clock_timestamp()` })
    .where('key_id', '=', keyId)
    .execute();
}
