import { expect, test } from 'vitest';
import { buildAdvisoryIndexInMemory } from '../../../../adapters/osv/build-advisory-index.ts';
import type { AdvisoryDatabase } from '../../../../domain/advisory/database.ts';
import type { OsvRecord } from '../../../../domain/advisory/osv-record.ts';
import { scanComponents } from '../../../../domain/advisory/scan-components.ts';
import { component } from './component.ts';
import { affects, osv } from './osv.ts';

async function open(...records: OsvRecord[]) {
  async function* items() {
    for (const record of records) yield { kind: 'record', record } as const;
  }
  return buildAdvisoryIndexInMemory({ items: items(), source: 'test', syncedAt: undefined, fingerprint: '' });
}
const lodash = osv('GHSA-1', { affected: [affects('npm', 'lodash', 'i:0 f:4.17.21')] });

test('only packages of the stock are looked up, each name once and in batches', async () => {
  using index = await open(lodash);
  const asked: (readonly [string, number])[] = [];
  const database: AdvisoryDatabase = {
    lookup: (ecosystem, names) => {
      asked.push([ecosystem, names.length]);
      return index.lookup(ecosystem, names);
    },
    state: () => index.state(),
  };
  const many = Array.from({ length: 1200 }, (_, number) => component('npm', `package-${number}`, '1.0.0'));
  const twice = [component('npm', 'lodash', '4.17.20'), component('npm', 'lodash', '4.17.21')];
  const result = await scanComponents([...many, ...twice], database);
  expect(result.findings).toMatchObject([{ advisory: 'GHSA-1', version: '4.17.20', fixedIn: '4.17.21' }]);
  expect(asked.reduce((sum, [, count]) => sum + count, 0)).toBe(1201);
  expect(Math.max(...asked.map(([, count]) => count))).toBeLessThanOrEqual(500);
  const { records, digest, newest } = await index.state();
  expect(result.database).toEqual({ records, digest, newest });
});

test('a component of an ecosystem the database says nothing about is undecided, not clean', async () => {
  using index = await open(lodash);
  const gem = component('RubyGems', 'rails', '7.0.0');
  expect(await scanComponents([gem], index)).toMatchObject({
    findings: [],
    undecided: [{ purl: gem.purl, reason: expect.stringContaining('no records of ecosystem RubyGems') }],
  });
});

test('of a release that no record names nothing is known but what is said of every release', async () => {
  using index = await open(
    osv('ALPINE-1', { affected: [affects('Alpine:v3.19', 'openssl', 'i:0 f:9-r0')] }),
    osv('ALPINE-2', { affected: [affects('Alpine', 'busybox', 'i:0 f:9-r0')] }),
  );
  const of = (name: string, release: string) => component('Alpine', name, '1-r0', { release });
  const old = await scanComponents([of('openssl', '3.19')], index);
  expect([old.findings.length, old.undecided]).toEqual([1, []]);
  const young = await scanComponents([of('openssl', '3.22'), of('busybox', '3.22')], index);
  expect(young.findings).toMatchObject([{ advisory: 'ALPINE-2' }]);
  const reason = 'the advisory database has no records of Alpine 3.22';
  expect(young.undecided).toMatchObject([{ reason }, { reason }]);
});

// The purl definition of golang writes paths in lower case, go.mod and the advisories as their authors do.
test.each(['github.com/Masterminds/goutils', 'github.com/masterminds/goutils'])(
  'a Go module that a document calls %s',
  async (name) => {
    using index = await open(
      osv('GO-1', { affected: [affects('Go', 'github.com/Masterminds/goutils', 'i:0 f:1.1.1')] }),
    );
    const { findings, undecided } = await scanComponents([component('Go', name, 'v1.1.0')], index);
    expect({ found: findings.map(({ advisory }) => advisory), undecided }).toEqual({ found: ['GO-1'], undecided: [] });
  },
);

test('as many components of an ecosystem it says nothing about as an SBOM may have', async () => {
  using index = await open(lodash);
  const gems = Array.from({ length: 130_000 }, () => component('RubyGems', 'rails', '7.0.0'));
  expect((await scanComponents(gems, index)).undecided.length).toBe(130_000);
});
