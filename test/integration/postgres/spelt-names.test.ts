/** One package has many spellings: whoever asks about it, or takes it out, writes another one than its cataloger did. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAffected } from '../../../adapters/postgres/find-affected.ts';
import { readAffected } from '../../../adapters/postgres/read-affected.ts';
import { selectDigests } from '../../../adapters/postgres/selection.ts';
import { parseQuestion } from '../../../domain/affected/question.ts';
import { parseSelector } from '../../../domain/incident/selector.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { fromPurl } from '../../../domain/sbom/from-purl.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;

/** What runs, as catalogers write it. */
const stocked = {
  python: 'pkg:pypi/ruamel-yaml@0.17.21',
  dotnet: 'pkg:nuget/Newtonsoft.Json@12.0.3',
  lower: 'pkg:nuget/newtonsoft.json@12.0.3',
  go: 'pkg:golang/github.com/Masterminds/goutils@v1.1.0',
  action: 'pkg:githubactions/Actions/Checkout@v4.1.0',
  maven: 'pkg:maven/org.Slf4j/slf4j-api@2.0.9',
  debian: 'pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&upstream=openssl',
  odd: 'pkg:pypi/odd-one@someday',
  x: 'pkg:npm/x@1.0.0',
  qualified: 'pkg:npm/x@1.0.0?arch=all',
  longer: 'pkg:npm/x-y@1.0.0',
  scoped: 'pkg:npm/%40x/y@1.0.0',
};

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  await harbour.policies.activate(policyText(1), 'policy.yaml', 'test');
  for (const [name, purl] of Object.entries(stocked)) await hold(name, purl);
});
afterAll(() => own.drop());

async function hold(name: string, purl: string): Promise<void> {
  const digest = digestOf(name);
  await harbour.push({ repository: `shop/${name}`, digest }, { tag: 'v1' });
  const component: Component = {
    ...{ purl, ...fromPurl(purl), licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    locations: [{ path: `/${name}`, layer: digestOf(`layer ${name}`) }],
  };
  const stock = { components: [component], unreadable: [], complete: true };
  await harbour.stocks.record(digest, [{ digest, platform: 'linux/amd64', stock, failure: undefined }]);
}

async function ask(question: string) {
  const affected = await findAffected(own.db, [parseQuestion(question)], () => harbour.policies.current());
  const { items } = await readAffected(own.db, affected, { environment: undefined }, { limit: 50, after: undefined });
  return {
    names: items.map(({ repository }) => repository.replace('shop/', '')).sort(),
    undecided: affected.undecided,
  };
}
const select = async (purl: string) => {
  const digests = await selectDigests(own.db, parseSelector(purl));
  return Object.keys(stocked).filter((name) => digests.includes(digestOf(name)));
};

test.each<[asked: string, names: string[]]>([
  ['pkg:pypi/ruamel.yaml@<0.18', ['python']],
  ['pkg:pypi/Ruamel_YAML@>0.18', []],
  ['pkg:nuget/newtonsoft.json@<13', ['dotnet', 'lower']],
  ['pkg:golang/github.com/masterminds/goutils@<1.1.1', ['go']],
  ['pkg:githubactions/actions/checkout', ['action']],
  ['pkg:maven/org.slf4j/slf4j-api', []],
  ['pkg:deb/debian/openssl', []],
  ['pkg:deb/debian/libssl3', ['debian']],
])('"are we affected by %s?" is answered however the package is spelt', async (asked, names) => {
  expect(await ask(asked)).toEqual({ names, undecided: [] });
});

test('a version that is none is found in another spelling of its package too', async () => {
  expect(await ask('pkg:pypi/odd.one@someday')).toEqual({ names: ['odd'], undecided: [] });
});

test.each<[selector: string, names: string[]]>([
  ['pkg:pypi/ruamel.yaml@0.17.21', ['python']],
  ['pkg:pypi/ruamel.yaml@0.17.22', []],
  ['pkg:pypi/odd.one@someday', ['odd']],
  ['component:pkg:nuget/NEWTONSOFT.JSON@12.0.3', ['dotnet', 'lower']],
  ['pkg:nuget/newtonsoft.json', ['dotnet', 'lower']],
  ['pkg:golang/github.com/masterminds/goutils@v1.1.0', ['go']],
  ['pkg:golang/github.com/Masterminds/goutils@1.1.0', ['go']],
  ['pkg:npm/x@1.0.0', ['x', 'qualified']],
  ['pkg:npm/x', ['x', 'qualified']],
  ['pkg:npm/x@1.0.1', []],
  ['pkg:npm/X', []],
  ['pkg:npm/@x/y', ['scoped']],
  ['pkg:deb/debian/libssl3@3.0.11-1', ['debian']],
  ['pkg:deb/debian/openssl', []],
])('a quarantine of %s selects %s', async (selector, names) => {
  expect(await select(selector)).toEqual(names);
});

test('what is pushed after a quarantine in another spelling is taken out too', async () => {
  await harbour.incidents.open({
    selector: parseSelector('pkg:pypi/late.comer@1.0'),
    reason: 'malicious',
    actor: 'test',
  });
  await hold('late', 'pkg:pypi/late-comer@1.0.0');
  const { rows } = await sql`select state from artifact_fence where digest = ${digestOf('late')}`.execute(own.db);
  expect(rows).toEqual([{ state: 'fenced' }]);
});
