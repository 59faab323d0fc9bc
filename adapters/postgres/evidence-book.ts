import { sql, type Transaction } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { canonicalSource } from '../../domain/policy/source-address.ts';
import type { EvidenceBook } from '../../domain/policy/verdict-book.ts';
import { type EvidenceRecord, identityName } from '../../domain/trust/evidence.ts';
import { createPostgresBlobStore } from './blob-store.ts';
import { type Database, transact } from './database.ts';
import { refenceSelected } from './fence.ts';
import type { Schema } from './schema.ts';

const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

export function createEvidenceBook(db: Database): EvidenceBook {
  return {
    async recorded({ repository, digest }) {
      const rows = await db
        .selectFrom('evidence')
        .select('record')
        .where('repository', '=', repository)
        .where('subject', '=', digest)
        .orderBy('recorded_at')
        .orderBy('manifest')
        .execute();
      return rows.map((row) => row.record as unknown as EvidenceRecord);
    },
    async recordedWithChildren({ repository, digest }) {
      const rows = await db
        .selectFrom('evidence')
        .select('record')
        .where('repository', '=', repository)
        .where((eb) =>
          eb.or([
            eb('subject', '=', digest),
            eb('subject', 'in', eb.selectFrom('artifact_edge').select('child').where('parent', '=', digest)),
          ]),
        )
        .orderBy('recorded_at')
        .orderBy('manifest')
        .execute();
      return rows.map((row) => row.record as unknown as EvidenceRecord);
    },
    record: (repository, records) =>
      records.length === 0 ? Promise.resolve() : transact(db, (trx) => record(trx, repository, records)),
    async ownKeys() {
      const rows = await db.selectFrom('own_key').select(['key_id', 'public_key']).execute();
      return rows.map((row) => ({ keyId: row.key_id, publicKeyPem: row.public_key }));
    },
    async signed(step, keyId) {
      const row = await db
        .selectFrom('signed_statement')
        .select(['bundle', 'signed_at'])
        .where('step', '=', step)
        .where('key_id', '=', keyId)
        .executeTakeFirst();
      return row === undefined
        ? undefined
        : {
            bundle: await createPostgresBlobStore(db).get(row.bundle as Digest),
            signedAt: row.signed_at.toISOString(),
          };
    },
    keep: (step, keyId, bundle) =>
      transact(db, async (trx) => {
        const blobs = createPostgresBlobStore(trx);
        const { digest } = await blobs.put(bundle, BUNDLE_TYPE);
        const row = await trx
          .insertInto('signed_statement')
          .values({ step, key_id: keyId, bundle: digest })
          // The first one stays; the update only makes the row come back.
          .onConflict((conflict) => conflict.columns(['step', 'key_id']).doUpdateSet({ key_id: keyId }))
          .returning(['bundle', 'signed_at'])
          .executeTakeFirstOrThrow();
        const first = row.bundle === digest ? bundle : await blobs.get(row.bundle as Digest);
        return { bundle: first, signedAt: row.signed_at.toISOString() };
      }),
  };
}

async function record(trx: Transaction<Schema>, repository: string, records: readonly EvidenceRecord[]): Promise<void> {
  await trx
    .insertInto('evidence')
    .values(
      records.map((item) => ({
        repository,
        manifest: item.manifest,
        subject: item.subject,
        bundle: item.bundle,
        predicate_type: item.predicateType,
        origin: item.origin,
        outcome: item.verification.outcome,
        identity: item.verification.outcome === 'verified' ? identityName(item.verification.identity) : null,
        record: JSON.stringify(item),
      })),
    )
    // A changed trust root can change what was recorded; recorded_at keeps when it was first seen.
    .onConflict((conflict) =>
      conflict.columns(['repository', 'manifest']).doUpdateSet((eb) => ({
        origin: eb.ref('excluded.origin'),
        outcome: eb.ref('excluded.outcome'),
        identity: eb.ref('excluded.identity'),
        record: eb.ref('excluded.record'),
      })),
    )
    .execute();
  const facts = records.flatMap(factsOf);
  if (facts.length === 0) return;
  await sql`
    insert into artifact_fact (digest, kind, value)
    select digest, kind, value from jsonb_to_recordset(${JSON.stringify(facts)}::jsonb) as f(digest text, kind text, value text)
    order by digest, kind, value on conflict do nothing`.execute(trx);
  await refenceSelected(trx, [...new Set(facts.map((fact) => fact.digest))]);
}

/** What a verified, foreign record establishes: the spellings are those of `ArtifactFact`. */
function factsOf(item: EvidenceRecord): { digest: Digest; kind: string; value: string }[] {
  if (item.origin === 'own' || item.verification.outcome !== 'verified') return [];
  const fact = (kind: string, value: string | undefined) =>
    value === undefined ? [] : [{ digest: item.subject, kind, value }];
  const provenance = item.provenance;
  return [
    ...fact('signer', identityName(item.verification.identity)),
    ...fact('builder', provenance?.builderId),
    ...fact('host', provenance?.builderHost?.toLowerCase()),
    ...fact(
      'source',
      provenance?.sourceRepository === undefined ? undefined : canonicalSource(provenance.sourceRepository),
    ),
    ...fact('commit', provenance?.commit?.toLowerCase()),
    ...(provenance?.committers ?? []).flatMap((committer) => fact('committer', committer)),
  ];
}
