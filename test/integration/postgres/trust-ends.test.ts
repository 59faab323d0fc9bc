/** A signer's trust ends: an event for each threshold, once. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tellTrustEnds } from '../../../adapters/postgres/tell-trust-ends.ts';
import type { TrustEnd } from '../../../domain/trust/trust-ends.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

it('is told once for each signer, end and threshold, by two that look at once too', async () => {
  const until = '2026-01-01T00:00:00Z';
  const end = (signer: string, days: TrustEnd['days']): TrustEnd => ({ signer, until, days });
  const tell = (...ends: TrustEnd[]) => tellTrustEnds(own.db, ends);
  await Promise.all([tell(end('ci', 7)), tell(end('ci', 7), end('release', 30))]);
  await tell(end('ci', 7), end('ci', 0));
  await tell({ ...end('ci', 7), until: '2026-06-01T00:00:00Z' });
  const { rows } = await sql<{ type: string; told: string }>`
    select type, subject || ' ' || (data->>'days') || ' ' || (data->>'until') as told from outbox order by told`.execute(
    own.db,
  );
  expect(rows).toEqual([
    { type: 'key.trust-ended', told: `key/signer:ci 0 ${until}` },
    { type: 'key.trust-ending', told: `key/signer:ci 7 ${until}` },
    { type: 'key.trust-ending', told: 'key/signer:ci 7 2026-06-01T00:00:00Z' },
    { type: 'key.trust-ending', told: `key/signer:release 30 ${until}` },
  ]);
});
