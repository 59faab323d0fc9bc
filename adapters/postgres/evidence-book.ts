import { type RawBuilder, sql } from 'kysely';
import type { Digest } from '../../domain/artifact/digest.ts';
import { canonicalSource } from '../../domain/policy/source-address.ts';
import type { EvidenceBook, SignedBundle, SignedStep } from '../../domain/policy/verdict-book.ts';
import { type EvidenceRecord, identityName } from '../../domain/trust/evidence.ts';
import { createPostgresBlobStore, sha256Digest, storedBody } from './blob-store.ts';
import { type Database, type Executor, transact } from './database.ts';
import { refenceSelected } from './fence.ts';
import { withInside } from './nesting.ts';

const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Evidence about this artifact, or about what it holds. */
export function isAboutOrWithin(digest: Digest): RawBuilder<boolean> {
  return sql<boolean>`subject = any(${withInside(digest)})`;
}

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
        .where(isAboutOrWithin(digest))
        .orderBy('recorded_at')
        .orderBy('manifest')
        .execute();
      return rows.map((row) => row.record as unknown as EvidenceRecord);
    },
    record: (repository, records) => record(db, repository, records),
    async ownKeys() {
      const rows = await db.selectFrom('own_key').select(['key_id', 'public_key']).execute();
      return rows.map((row) => ({ keyId: row.key_id, publicKeyPem: row.public_key }));
    },
    async ownIdentities() {
      const rows = await db.selectFrom('own_identity').select('name').execute();
      return rows.map(({ name }) => name);
    },
    signed: (asked) => readSigned(db, asked),
    async forget({ step, keyId, bundle }) {
      await db
        .deleteFrom('signed_statement')
        .where('step', '=', step)
        .where('key_id', '=', keyId)
        .where('bundle', '=', sha256Digest(bundle))
        .execute();
    },
    keep: (made) => keepSigned(db, made),
  };
}

const placeOf = (step: string, keyId: string): string => `${step} ${keyId}`;

async function readSigned(db: Database, asked: readonly SignedStep[]): Promise<(SignedBundle | undefined)[]> {
  const { rows } = await sql<{ step: string; key_id: string; bundle: Digest; signed_at: Date }>`
    select step, key_id, bundle, signed_at from signed_statement
      join unnest(${asked.map(({ step }) => step)}::text[], ${asked.map(({ keyId }) => keyId)}::text[]) as asked(step, key_id)
      using (step, key_id)`.execute(db);
  const found = new Map(rows.map((row) => [placeOf(row.step, row.key_id), row]));
  const blobs = createPostgresBlobStore(db);
  return Promise.all(
    asked.map(async ({ step, keyId }) => {
      const row = found.get(placeOf(step, keyId));
      return row === undefined
        ? undefined
        : { bundle: await blobs.get(row.bundle), signedAt: row.signed_at.toISOString() };
    }),
  );
}

/** One statement: bodies and rows are there together or not at all. */
async function keepSigned(
  db: Database,
  made: readonly (SignedStep & { readonly bundle: Uint8Array })[],
): Promise<SignedBundle[]> {
  if (made.length === 0) return [];
  const described = made.map((item) => ({ ...item, digest: sha256Digest(item.bundle) }));
  const byDigest = [...new Map(described.map((item) => [item.digest, item])).values()];
  const bodies = await Promise.all(
    byDigest.map(async ({ digest, bundle }) => ({
      ...{ digest, media_type: BUNDLE_TYPE, size: bundle.byteLength },
      ...(await storedBody(bundle)),
    })),
  );
  const rows = await db
    .with('stored', (query) =>
      query
        .insertInto('blob')
        // In one order: two signers never wait for each other in a circle.
        .values(bodies.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)))
        .onConflict((conflict) => conflict.column('digest').doNothing()),
    )
    .insertInto('signed_statement')
    .values(
      described
        .toSorted((a, b) => (placeOf(a.step, a.keyId) < placeOf(b.step, b.keyId) ? -1 : 1))
        .map(({ step, keyId, digest }) => ({ step, key_id: keyId, bundle: digest })),
    )
    // The first one stays; the update only makes the row come back.
    .onConflict((conflict) =>
      conflict.columns(['step', 'key_id']).doUpdateSet((eb) => ({ key_id: eb.ref('excluded.key_id') })),
    )
    .returning(['step', 'key_id', 'bundle', 'signed_at'])
    .execute();
  const kept = new Map(rows.map((row) => [placeOf(row.step, row.key_id), row]));
  const blobs = createPostgresBlobStore(db);
  return Promise.all(
    described.map(async ({ step, keyId, digest, bundle }) => {
      const row = kept.get(placeOf(step, keyId));
      if (row === undefined) throw new Error('a signed statement was kept and did not come back');
      const first = row.bundle === digest ? bundle : await blobs.get(row.bundle as Digest);
      return { bundle: first, signedAt: row.signed_at.toISOString() };
    }),
  );
}

/** Records that establish no fact are one statement; facts and the fences they raise go with the records, or not at all. */
async function record(db: Database, repository: string, records: readonly EvidenceRecord[]): Promise<void> {
  if (records.length === 0) return;
  const facts = records.flatMap(factsOf);
  if (facts.length === 0) return insertRecords(db, repository, records);
  await transact(db, async (trx) => {
    await insertRecords(trx, repository, records);
    await sql`
    insert into artifact_fact (digest, kind, value)
    select digest, kind, value from jsonb_to_recordset(${JSON.stringify(facts)}::jsonb) as f(digest text, kind text, value text)
    order by digest, kind, value on conflict do nothing`.execute(trx);
    await refenceSelected(trx, [...new Set(facts.map((fact) => fact.digest))]);
  });
}

async function insertRecords(
  executor: Executor,
  repository: string,
  records: readonly EvidenceRecord[],
): Promise<void> {
  // A statement that names a row twice is an error; what came last is what holds.
  const once = [...new Map(records.map((item) => [`${item.manifest} ${item.subject}`, item])).values()];
  await executor
    .insertInto('evidence')
    .values(
      once.map((item) => ({
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
      conflict.columns(['repository', 'manifest', 'subject']).doUpdateSet((eb) => ({
        bundle: eb.ref('excluded.bundle'),
        predicate_type: eb.ref('excluded.predicate_type'),
        origin: eb.ref('excluded.origin'),
        outcome: eb.ref('excluded.outcome'),
        identity: eb.ref('excluded.identity'),
        record: eb.ref('excluded.record'),
      })),
    )
    .execute();
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
