/** Vulnerability reports that a scanner attests again and again: the newest is read, however many there were before it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Signer } from '../../domain/trust/signer.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { ci, former, openPlace, policyOf } from './attested-place.ts';

const gates = '{gate: scan-fresh, maximumAge: P2D, databaseMaximumAge: P2D}, {gate: vulnerabilities, severity: high}';
const documents = 'documents: {vulnerabilities: {prefer: attested, signers: [ci, former]}}';
const policy = policyOf(gates, documents);

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());

type Place = Awaited<ReturnType<typeof openPlace>>;
const night = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString();

function scanned(place: Place, by: Signer, ago: number, result: readonly object[] = []): Promise<Digest> {
  const scanner = { uri: `pkg:github/aquasecurity/trivy@0.${60 - ago}.0`, db: { lastUpdate: night(ago) }, result };
  const metadata = { scanStartedOn: night(ago), scanFinishedOn: night(ago) };
  return place.attach(by, predicateTypes.vulns, { scanner, metadata });
}

async function scannedNightly(place: Place, by: Signer, from: number, to: number): Promise<Digest[]> {
  const made: Digest[] = [];
  for (let ago = from; ago >= to; ago -= 1) made.push(await scanned(place, by, ago));
  return made;
}

it('of many the newest counts, also where the older ones were deleted', async () => {
  const place = await openPlace(own.db, 'red/nightly', policy);
  const made = await scannedNightly(place, ci, 24, 0);
  const fresh = { verdict: 'pass', evidence: [made.at(-1)] };
  expect((await place.judged())('scan-fresh')).toMatchObject(fresh);
  for (const old of made.slice(0, 15)) place.behind.manifests.delete(old);
  expect((await place.judged())('scan-fresh')).toMatchObject(fresh);
});

it('the newest hides nothing by being deleted, nor by being followed by an old one that is attached anew', async () => {
  const place = await openPlace(own.db, 'red/nightly-deleted', policy);
  await scannedNightly(place, ci, 3, 1);
  const grave = { id: 'CVE-2020-28500', severity: [{ method: 'nvd', score: '9.8' }] };
  const newest = await scanned(place, ci, 0, [grave]);
  await scanned(place, ci, 2);
  expect((await place.judged())('vulnerabilities')).toMatchObject({ verdict: 'fail', evidence: [newest] });
  place.behind.manifests.delete(newest);
  expect((await place.judged())('vulnerabilities')).toMatchObject({
    verdict: 'unknown',
    reason: expect.stringMatching(/can not be read/),
  });
});

it('those of a signer who is trusted no more stand in nobody’s way, and take nobody’s place', async () => {
  const over = policyOf(gates, documents, `    until: ${night(1)}\n`);
  const place = await openPlace(own.db, 'red/nightly-former', over);
  const [by] = await scannedNightly(place, ci, 1, 1);
  await scannedNightly(place, former, 23, 0);
  expect((await place.judged())('scan-fresh')).toMatchObject({ verdict: 'pass', evidence: [by] });
});
