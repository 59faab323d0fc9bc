import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { KeyDesk, OwnKey, Revocation } from '../../domain/trust/key-desk.ts';
import { type Database, transact } from './database.ts';
import { openGeneration } from './intake-ledger.ts';
import { isLiveIn } from './live-in.ts';
import { appendOutbox } from './outbox.ts';
import { requestReverification } from './request-reverification.ts';
import { readReverification } from './reverify-book.ts';
import { revokeIdentity } from './revoke-identity.ts';

/** `wake` has what was opened started now rather than by the next sweep. */
export function createKeyDesk(db: Database, wake: () => Promise<void>): KeyDesk {
  return {
    listOwn: () => listOwn(db),
    listRevocations: () => listRevocations(db),
    async revoke({ kind, value, reason, from }, actor) {
      const result = await transact(db, async (trx) => {
        if (!(await revokeIdentity(trx, { kind, value, reason, actor, from })))
          return { outcome: 'unchanged' as const, judgedAgain: [] };
        await requestReverification(trx, kind, value);
        const relied = await sql<{ repository: string; digest: Digest }>`
          select distinct a.repository, a.digest from artifact_fact f join artifact a on a.digest = f.digest
          where f.kind = ${kind} and f.value = ${value} order by 1, 2`.execute(trx);
        for (const key of relied.rows) await openGeneration(trx, key, 'revocation', undefined);
        await appendOutbox(trx, {
          subject: `key/${value}`.slice(0, 500),
          step: `revoked/${from ?? 'all'}`,
          type: 'key.revoked',
          actor,
          data: { kind, value, reason, from: from ?? null, judgedAgain: relied.rows.length },
        });
        return { outcome: 'revoked' as const, judgedAgain: relied.rows };
      });
      if (result.outcome === 'revoked') await wake();
      return result;
    },
  };
}

async function listOwn(db: Database): Promise<OwnKey[]> {
  const { rows } = await sql<{
    name: string;
    key_id: string;
    public_key: string;
    first_seen: Date;
    state: OwnKey['state'];
    ended_at: Date | null;
    reference: string | null;
    in_use: boolean;
    uses: number;
    last_used: Date | null;
  }>`
    select k.*, k.state = 'trusted' and k.key_id = (select newest.key_id from own_key newest where newest.name = k.name and newest.state = 'trusted'
        order by newest.first_seen desc, length(coalesce(newest.file, '')) desc, newest.file desc limit 1) as in_use, u.uses, u.last_used
    from own_key k left join lateral (
      select count(*) as uses, max(at) as last_used from key_use where identity = 'key:' || k.key_id) u on true
    order by k.name, k.first_seen desc, length(coalesce(k.file, '')) desc, k.file desc`.execute(db);
  return rows.map((row) => ({
    name: row.name,
    keyId: row.key_id,
    publicKeyPem: row.public_key,
    firstSeen: row.first_seen.toISOString(),
    state: row.state,
    inUse: row.in_use,
    endedAt: row.ended_at?.toISOString() ?? null,
    reference: row.reference,
    uses: Number(row.uses),
    lastUsed: row.last_used?.toISOString() ?? null,
  }));
}

/** Verdicts since, the newest for each environment: what was judged before says nothing about the revocation. */
async function listRevocations(db: Database): Promise<Revocation[]> {
  const { rows } = await sql<{
    kind: Revocation['kind'];
    value: string;
    reason: string;
    revoked_by: string;
    revoked_at: Date;
    effective_from: Date | null;
    incident: string | null;
    relied: number;
    fell: Revocation['fell'] | null;
    reverification: string | null;
  }>`
    select r.*, (select x.id from reverification x where x.kind = r.kind and x.value = r.value order by x.requested_at desc limit 1) as reverification,
      (select count(distinct f.digest)::int from artifact_fact f where f.kind = r.kind and f.value = r.value) as relied,
      (select jsonb_agg(jsonb_build_object('repository', v.repository, 'digest', v.digest, 'environment', v.environment,
          'live', exists (select 1 from placement p where p.digest = v.digest and p.environment = v.environment
            and ${isLiveIn({ place: 'p', repository: 'v.repository' })}))
          order by v.repository, v.digest, v.environment)
        from (
          select distinct on (repository, digest, environment) repository, digest, environment, admitted
          from verdict
          where evaluated_at >= r.revoked_at
            and digest in (select f.digest from artifact_fact f where f.kind = r.kind and f.value = r.value)
          order by repository, digest, environment, evaluated_at desc, id desc
        ) v
        where not v.admitted) as fell
    from revocation r order by r.revoked_at desc, r.value`.execute(db);
  return Promise.all(
    rows.map(async (row) => ({
      kind: row.kind,
      value: row.value,
      reason: row.reason,
      revokedBy: row.revoked_by,
      revokedAt: row.revoked_at.toISOString(),
      from: row.effective_from?.toISOString() ?? null,
      incident: row.incident,
      relied: row.relied,
      fell: row.fell ?? [],
      reverified: row.reverification === null ? null : await readReverification(db, row.reverification),
    })),
  );
}
