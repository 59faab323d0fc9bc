import { sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { KeyDesk, OwnKey, Revocation } from '../../domain/trust/key-desk.ts';
import { type Database, transact } from './database.ts';
import { advanceTrustEpoch } from './epoch.ts';
import { openGeneration } from './intake-ledger.ts';
import { appendOutbox } from './outbox.ts';

/** `wake` has what was opened started now rather than by the next sweep. */
export function createKeyDesk(db: Database, wake: () => Promise<void>): KeyDesk {
  return {
    listOwn: () => listOwn(db),
    listRevocations: () => listRevocations(db),
    async revoke({ kind, value, reason, from }, actor) {
      const result = await transact(db, async (trx) => {
        const { rows } = await sql<{ effective_from: Date | null }>`
          insert into revocation (kind, value, reason, revoked_by, effective_from)
          values (${kind}, ${value}, ${reason}, ${actor}, ${from ?? null})
          on conflict (kind, value) do update
            set effective_from = excluded.effective_from, reason = excluded.reason, revoked_by = excluded.revoked_by, revoked_at = now()
            where revocation.effective_from is not null
              and (excluded.effective_from is null or excluded.effective_from < revocation.effective_from)
          returning effective_from`.execute(trx);
        if (rows.length === 0) return { outcome: 'unchanged' as const, judgedAgain: [] };
        await advanceTrustEpoch(trx);
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
  const rows = await db.selectFrom('own_key').selectAll().orderBy('name').orderBy('first_seen', 'desc').execute();
  return rows.map((row, index) => ({
    name: row.name,
    keyId: row.key_id,
    publicKeyPem: row.public_key,
    firstSeen: row.first_seen.toISOString(),
    state: rows[index - 1]?.name === row.name ? 'retired' : 'in use',
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
  }>`
    select r.*,
      (select count(distinct f.digest)::int from artifact_fact f where f.kind = r.kind and f.value = r.value) as relied,
      (select jsonb_agg(jsonb_build_object('repository', v.repository, 'digest', v.digest, 'environment', v.environment,
          'live', exists (select 1 from placement p where p.digest = v.digest and p.environment = v.environment and p.state = 'live'))
          order by v.repository, v.digest, v.environment)
        from (
          select distinct on (repository, digest, environment) repository, digest, environment, admitted
          from verdict
          where evaluated_at >= r.revoked_at
            and digest in (select f.digest from artifact_fact f where f.kind = r.kind and f.value = r.value)
          order by repository, digest, environment, id desc
        ) v
        where not v.admitted) as fell
    from revocation r order by r.revoked_at desc, r.value`.execute(db);
  return rows.map((row) => ({
    kind: row.kind,
    value: row.value,
    reason: row.reason,
    revokedBy: row.revoked_by,
    revokedAt: row.revoked_at.toISOString(),
    from: row.effective_from?.toISOString() ?? null,
    incident: row.incident,
    relied: row.relied,
    fell: row.fell ?? [],
  }));
}
