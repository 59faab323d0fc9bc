/** What is recorded about one subject stays, whatever is recorded about others. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrateDatabase } from '../../../adapters/postgres/database.ts';
import { createEvidenceBook } from '../../../adapters/postgres/evidence-book.ts';
import { resolveNamed } from '../../../adapters/postgres/resolve-named.ts';
import type { Policy } from '../../../domain/policy/policy.ts';
import { type EvidenceRecord, identityName, type SignerIdentity } from '../../../domain/trust/evidence.ts';
import { migrations } from '../../../infra/migrations/list.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { digestOf } from './harbour.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

const base = { manifest: digestOf('m'), bundle: digestOf('b'), origin: 'foreign' } as const;
const verified: EvidenceRecord = {
  ...base,
  subject: digestOf('x'),
  predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
  verification: { outcome: 'verified', identity: { kind: 'key', keyId: 'qa' } },
};
const misplacedReason = 'the manifest names another subject than the one it is listed under';
const unreadable = (subject: string, reason: string): EvidenceRecord => ({
  ...base,
  bundle: base.manifest,
  subject: digestOf(subject),
  predicateType: 'unreadable',
  verification: { outcome: 'rejected', code: 'BUNDLE_MALFORMED', reason },
});

test('the same manifest recorded of another subject neither changes nor hides what it says of its own', async () => {
  const book = createEvidenceBook(own.db);
  await book.record('shop/one', [verified]);
  await book.record('shop/one', [unreadable('y', 'listed there too')]);
  expect(await book.recorded({ repository: 'shop/one', digest: digestOf('x') })).toEqual([verified]);
  await book.record('shop/two', [unreadable('y', 'listed there too')]);
  await book.record('shop/two', [verified]);
  expect(await book.recorded({ repository: 'shop/two', digest: digestOf('x') })).toEqual([verified]);
});

test('one that comes twice is recorded once, as it was last; its columns say what its record does', async () => {
  const book = createEvidenceBook(own.db);
  await book.record('shop/twice', [unreadable('x', 'not there yet'), verified]);
  await book.record('shop/again', [unreadable('x', 'not there yet')]);
  await book.record('shop/again', [verified, verified]);
  for (const repository of ['shop/twice', 'shop/again']) {
    expect(await book.recorded({ repository, digest: digestOf('x') })).toEqual([verified]);
    const { rows } = await sql`select predicate_type, bundle from evidence where repository = ${repository}`.execute(
      own.db,
    );
    expect(rows).toEqual([{ predicate_type: verified.predicateType, bundle: verified.bundle }]);
  }
});

test('a signer that is a pattern is named where one was met who fits it, also below another root of its own', async () => {
  const [root, intermediate] = ['ab'.repeat(32), 'cd'.repeat(32)];
  const signers = [
    { name: 'acme', x509: { subject: 'C=US, ST=WA, O=Acme', roots: '' } },
    { name: 'gh', identity: { subjectRegexp: '^https://gh/.+$', issuer: 'https://issuer' } },
  ];
  const policy = {
    ...{ document: { signers, builders: [] }, keyIds: {} },
    thumbprints: { acme: [intermediate] },
  } as unknown as Policy;
  const x509 = { kind: 'x509', subject: 'C=US, ST=WA, O=Acme, CN=Shop Signer', root, keyId: 'k' } as const;
  const met = (name: string, identity: SignerIdentity): EvidenceRecord => ({
    ...verified,
    manifest: digestOf(name),
    verification: { outcome: 'verified', identity },
  });
  await createEvidenceBook(own.db).record('shop/met', [
    met('notation', { ...x509, under: { acme: intermediate } }),
    met('workflow', { kind: 'certificate', issuer: 'https://issuer', subject: 'https://gh/one' }),
    met('stranger', { kind: 'certificate', issuer: 'https://issuer', subject: 'https://elsewhere/one' }),
  ]);
  const resolve = (value: string) => resolveNamed(own.db, policy, { kind: 'signer', value });
  expect((await resolve('acme')).value).toBe(identityName(x509));
  expect((await resolve('gh')).value).toBe('cert:https://issuer|https://gh/one');
  await expect(resolve('nobody')).rejects.toMatchObject({ code: 'SELECTOR_UNKNOWN_NAME' });
});

test('an older database forgets what was recorded under a subject it is not about, and keeps the rest', async () => {
  const old = await createTestDatabase({ migrated: false });
  try {
    const before = Object.entries(migrations).filter(([name]) => name < '0085');
    await migrateDatabase(old.db, Object.fromEntries(before));
    const insert = (manifest: string, subject: string, record: EvidenceRecord) =>
      sql`insert into evidence (repository, manifest, subject, bundle, predicate_type, origin, outcome, record)
        values ('shop', ${manifest}, ${digestOf(subject)}, 'b', ${record.predicateType}, 'foreign',
          ${record.verification.outcome}, ${JSON.stringify(record)})`.execute(old.db);
    await insert('kept', 'x', verified);
    await insert('not there yet', 'x', unreadable('x', 'the registry does not have the manifest that is listed'));
    await insert('elsewhere', 'y', unreadable('y', misplacedReason));
    await insert('overwritten', 'y', verified);
    await migrateDatabase(old.db, migrations);
    const { rows } = await sql<{ manifest: string }>`select manifest from evidence order by 1`.execute(old.db);
    expect(rows.map(({ manifest }) => manifest)).toEqual(['kept', 'not there yet']);
  } finally {
    await old.drop();
  }
});
