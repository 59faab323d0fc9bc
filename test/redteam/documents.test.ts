/** SBOMs and test results that others attest, where the policy reads them: whose, about what, and which of several. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachDocument } from '../../adapters/oci/attached-document.ts';
import { sha256Digest } from '../../adapters/postgres/blob-store.ts';
import { mediaTypes } from '../../domain/artifact/descriptor.ts';
import { type Digest, digestHex } from '../../domain/artifact/digest.ts';
import type { Component } from '../../domain/sbom/component.ts';
import type { DocumentDesk } from '../../domain/trust/document-desk.ts';
import type { Signer } from '../../domain/trust/signer.ts';
import { predicateTypes } from '../../domain/trust/statement.ts';
import { createDocumentDesk } from '../../services/worker/document-desk.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { createMemoryRegistry } from '../fakes/memory-registry.ts';
import { digestOf } from '../integration/postgres/harbour.ts';
import { ci, openPlace, ours, policyOf, stranger } from './attested-place.ts';

const gates = '{gate: sbom}, {gate: licences, deny: [AGPL-*]}, {gate: tests, signers: [ci]}';
const attested = policyOf(gates, 'documents: {sbom: {prefer: attested, signers: [ci]}}');
const generated = policyOf(gates, '');

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(() => own.drop());
const open = (repository: string, changes?: (desk: DocumentDesk) => Partial<DocumentDesk>) =>
  openPlace(own.db, repository, attested, changes);

const bom = (...names: readonly string[]) => ({
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  components: names.map((name) => ({
    ...{ type: 'library', name, version: '1.0.0', purl: `pkg:npm/${name}@1.0.0` },
    licenses: [{ license: { id: name === 'copyleft' ? 'AGPL-3.0-only' : 'MIT' } }],
  })),
});
const passed = { result: 'PASSED', configuration: [{ name: 'e2e' }] };

describe("an SBOM that says less than there is, attested by the policy's signer", () => {
  it('is what is read where the policy prefers it, and nowhere else', async () => {
    const place = await open('red/prefer');
    await place.attach(ci, predicateTypes.cycloneDx, bom('harmless'));
    expect((await place.judged())('licences')).toMatchObject({ verdict: 'pass' });
    expect((await place.judged())('sbom').reason).toMatch(/as signer "ci" attests/);
    expect((await place.judged(generated))('licences')).toMatchObject({ verdict: 'fail' });
  });

  it('is kept with who attests it while the policy reads it, for rescans and questions, and no longer', async () => {
    const place = await open('red/kept');
    const manifest = await place.attach(ci, predicateTypes.cycloneDx, bom('harmless'));
    const kept = () =>
      own.db
        .selectFrom('attested_stock')
        .select(['platform_digest', 'platform', 'manifest', 'signer'])
        .where('digest', '=', place.digest)
        .execute();
    await place.judged();
    const row = { platform_digest: place.digest, platform: 'linux/amd64', manifest, signer: 'ci' };
    expect(await kept()).toEqual([row]);
    // Nobody reads it for the moment: it may be the one that says most.
    place.behind.manifests.delete(manifest);
    await place.judged();
    expect(await kept()).toEqual([row]);
    await place.judged(generated);
    expect(await kept()).toEqual([]);
  });

  it('hides nothing that another of theirs says: an old one that is attached anew', async () => {
    const place = await open('red/replayed');
    await place.attach(ci, predicateTypes.cycloneDx, bom('harmless', 'copyleft'));
    await place.attach(ci, predicateTypes.cycloneDx, bom('harmless'));
    expect((await place.judged())('licences')).toMatchObject({ verdict: 'fail' });
  });

  it('of more components than the trust worker keeps is read by nobody: the gates are unknown, by its code', async () => {
    const components = new Proxy([] as Component[], {
      get: (_, name) => (name === 'length' ? 1_000_000 : expect.fail('a component was looked at')),
    });
    const readSbom = () => ({ stock: { components, unreadable: [], complete: true } });
    const place = await open('red/million', () => ({ readSbom }));
    await place.attach(ci, predicateTypes.cycloneDx, bom('harmless'));
    const gate = (await place.judged())('sbom');
    expect(gate).toMatchObject({ verdict: 'unknown' });
    expect(JSON.stringify(gate)).toMatch(/DOCUMENTS_TOO_LARGE: more than 200000 components and findings/);
  });

  it('is in memory with no other artifact’s, however many are judged at once', async () => {
    let inside = 0;
    const seen: number[] = [];
    const place = await open('red/sixteen', (desk) => ({
      readSbom(bytes) {
        seen.push(inside);
        return desk.readSbom(bytes);
      },
      inTurn: (judging) =>
        desk.inTurn(async () => {
          inside += 1;
          try {
            return await judging();
          } finally {
            inside -= 1;
          }
        }),
    }));
    await place.attach(ci, predicateTypes.cycloneDx, bom('harmless'));
    await place.judged();
    seen.length = 0;
    const gates = await Promise.all(Array.from({ length: 16 }, () => place.judged()));
    for (const gate of gates) expect(gate('sbom')).toMatchObject({ verdict: 'pass' });
    expect(seen).toEqual(Array.from({ length: 16 }, () => 1));
  });

  it('that is judged for long has others tried again later, and holds nobody up for ever', async () => {
    const desk = createDocumentDesk(own.db, createMemoryRegistry().registry, 20);
    const long = Promise.withResolvers<string>();
    const first = desk.inTurn(() => long.promise);
    await expect(desk.inTurn(async () => 'second')).rejects.toMatchObject({ code: 'DOCUMENTS_BUSY' });
    long.resolve('first');
    expect(await first).toBe('first');
    expect(await desk.inTurn(async () => 'third')).toBe('third');
  });

  it('hides nothing by the other one being deleted: what was recorded, and is gone, is unknown', async () => {
    const place = await open('red/deleted');
    const whole = await place.attach(ci, predicateTypes.cycloneDx, bom('harmless', 'copyleft'));
    await place.attach(ci, predicateTypes.cycloneDx, bom('harmless'));
    expect((await place.judged())('licences')).toMatchObject({ verdict: 'fail' });
    place.behind.manifests.delete(whole);
    expect((await place.judged())('sbom')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringMatching(/can not be read/),
    });
  });
});

describe('an SBOM that the policy does not ask for', () => {
  it.each<readonly [string, Signer, Digest | undefined]>([
    ['by a stranger', stranger, undefined],
    ['by our own evidence key', ours, undefined],
    ['about another digest', ci, digestOf('another image')],
  ])('%s is none', async (what, signer, about) => {
    const place = await open(`red/sbom-${what.replaceAll(' ', '-')}`);
    await place.attach(signer, predicateTypes.cycloneDx, bom('harmless'), about);
    expect((await place.judged())('sbom')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringMatching(/asks for an attested SBOM, and there is none of linux\/amd64/),
    });
  });

  it('and that is no SBOM, or one that nobody can read, is not an empty one', async () => {
    for (const [index, predicate] of [{}, 'text', bom().bomFormat, { ...bom(), components: {} }, null].entries()) {
      const place = await open(`red/hostile-${index}`);
      await place.attach(ci, predicateTypes.cycloneDx, predicate);
      expect((await place.judged())('sbom')).toMatchObject({
        verdict: 'unknown',
        reason: expect.stringMatching(/can not be read/),
      });
    }
  });
});

describe('an SBOM signed by reference', () => {
  const bytes = new TextEncoder().encode(JSON.stringify(bom('harmless')));
  const reference = {
    attester: { id: 'https://ci.example' },
    references: [
      {
        downloadLocation: 'http://169.254.169.254/latest/meta-data',
        digest: { sha256: digestHex(sha256Digest(bytes)) },
        mediaType: mediaTypes.cycloneDx,
      },
    ],
  };

  it('is read by its digest where the artifact is, and its address is not called', async () => {
    const place = await open('red/reference');
    await place.attach(ci, predicateTypes.reference, reference);
    expect((await place.judged())('sbom')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringMatching(/is not attached in red\/reference/),
    });
    await attachDocument(place.registry, 'red/reference', place.digest, { mediaType: mediaTypes.cycloneDx, bytes });
    expect((await place.judged())('sbom')).toMatchObject({ verdict: 'pass' });
  });

  it('is no other document of the same kind', async () => {
    const place = await open('red/exchanged');
    await place.attach(ci, predicateTypes.reference, reference);
    const other = new TextEncoder().encode(JSON.stringify(bom('other')));
    await attachDocument(place.registry, 'red/exchanged', place.digest, {
      mediaType: mediaTypes.cycloneDx,
      bytes: other,
    });
    expect((await place.judged())('sbom').verdict).toBe('unknown');
  });
});

describe('a test result', () => {
  it("by the policy's signer, about this digest, passes the gate", async () => {
    const place = await open('red/tests');
    await place.attach(ci, predicateTypes.testResult, passed);
    expect((await place.judged())('tests')).toMatchObject({ verdict: 'pass' });
  });

  it.each<readonly [string, Signer, Digest | undefined]>([
    ['by a stranger', stranger, undefined],
    ['by our own evidence key', ours, undefined],
    ['about another digest', ci, digestOf('another image')],
  ])('%s is none', async (what, signer, about) => {
    const place = await open(`red/tests-${what.replaceAll(' ', '-')}`);
    await place.attach(signer, predicateTypes.testResult, passed, about);
    expect((await place.judged())('tests')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringMatching(/no test result by a trusted signer/),
    });
  });

  it('that passed lifts none that failed, by being attached after it, or by the other being deleted', async () => {
    const place = await open('red/tests-replayed');
    const failed = await place.attach(ci, predicateTypes.testResult, { ...passed, result: 'FAILED' });
    await place.attach(ci, predicateTypes.testResult, passed);
    expect((await place.judged())('tests')).toMatchObject({ verdict: 'fail' });
    place.behind.manifests.delete(failed);
    expect((await place.judged())('tests')).toMatchObject({ verdict: 'unknown' });
  });
});
