/** What was found in one artifact, as the API lists it: what is only of this artifact is put to what is known of its versions. */
import { expect, test } from 'vitest';
import { createDecisionBook } from '../../../adapters/postgres/decision-book.ts';
import { readArtifactFindings } from '../../../adapters/postgres/read-artifact-findings.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { digestOf } from './harbour.ts';
import { count, harbour, nameOf, own, publish, purlOf, rescan, standOnRescans } from './rescan-stage.ts';

standOnRescans();

const first = { limit: 50, after: undefined };

/** The library of this test, which `parent` brings and allows below version 2. */
async function hold(label: string) {
  const key = { repository: `shop/${label}-${count}`, digest: digestOf(`${label} ${count}`) };
  const parent = `pkg:npm/parent-${count}@1.0.0`;
  const of = (name: string, more: Partial<Component>): Component => ({
    ...{ purl: `pkg:npm/${name}@1.0.0`, ecosystem: 'npm', advisoryName: name, name, version: '1.0.0' },
    ...{ advisoryVersion: '1.0.0', licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    locations: [{ path: '/app/package-lock.json', layer: digestOf(`${label} ${count}`) }],
    ...more,
  });
  const components = [
    of(nameOf(), { askedFor: [{ by: parent, range: '^1.0.0' }] }),
    of(`parent-${count}`, { dependsOn: [purlOf()], askedFor: [{ range: '1.0.0' }] }),
  ];
  const stock = { components, unreadable: [], complete: true };
  const platform = { digest: key.digest, platform: 'linux/amd64', stock, failure: undefined };
  const [stored] = await harbour.stocks.record(key.digest, [platform]);
  await harbour.stocks.scanStock(stored!.stock!);
  return { key, parent };
}

test.each([
  ['1.0.1', 'within-ranges', undefined],
  ['2.0.0', 'held', [{ by: expect.stringContaining('parent'), range: '^1.0.0' }]],
])('a fix in %s: %s, by way of the dependency that brings it', async (fixed, kind, heldBy) => {
  const { key, parent } = await hold(`reach-${kind}`);
  await publish(`GHSA-reach-${count}`, {
    affected: [
      {
        package: { ecosystem: 'npm', name: nameOf() },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
  });
  await rescan();
  const { items, next } = await readArtifactFindings(own.db, key, first);
  expect(next).toBeUndefined();
  expect(items).toMatchObject([
    {
      ...{ platform: 'linux/amd64', advisory: `GHSA-reach-${count}`, purl: purlOf(), fixedIn: fixed },
      ...{ locations: [{ path: '/app/package-lock.json' }], path: [parent, purlOf()] },
      reach: { kind, version: fixed, direct: [parent], ...(heldBy === undefined ? {} : { heldBy }) },
    },
  ]);
});

test('a decision for every environment is there, with its end; a page ends where it is full', async () => {
  const { key } = await hold('decided');
  for (const letter of ['a', 'b']) await publish(`GHSA-${letter}-${count}`);
  await rescan();
  const book = createDecisionBook(own.db, () => harbour.policies.current());
  await book.make(
    {
      ...{ advisory: `GHSA-b-${count}`, state: 'not_affected', justification: 'component_not_present', reason: 'no' },
      scope: { component: `pkg:npm/${nameOf()}` },
    },
    { subject: 'mia', role: 'approver' },
  );
  const page = await readArtifactFindings(own.db, key, { limit: 1, after: undefined });
  expect(page.items).toMatchObject([{ advisory: `GHSA-a-${count}` }]);
  expect(page.items[0]).not.toHaveProperty('decision');
  const rest = await readArtifactFindings(own.db, key, { limit: 1, after: page.next });
  expect(rest.next).toBeUndefined();
  expect(rest.items).toMatchObject([
    { advisory: `GHSA-b-${count}`, vex: { status: 'not_affected' }, decision: { by: 'mia', owner: 'mia' } },
  ]);
});

test('nothing is listed of a platform whose stock could not be taken', async () => {
  const key = { repository: `shop/none-${count}`, digest: digestOf(`none ${count}`) };
  await harbour.stocks.record(key.digest, [
    { digest: key.digest, platform: 'linux/amd64', stock: undefined, failure: 'no layer' },
  ]);
  expect(await readArtifactFindings(own.db, key, first)).toEqual({ items: [], next: undefined });
});
