import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEvidenceBook } from '../../../adapters/postgres/evidence-book.ts';
import { readIncident } from '../../../adapters/postgres/read-incidents.ts';
import { createRebuildBook, createRebuildDesk } from '../../../adapters/postgres/rebuild-book.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import type { RebuildBook, RebuildKey } from '../../../domain/building/rebuild-book.ts';
import type { RebuildDesk } from '../../../domain/building/rebuild-desk.ts';
import { parseSelector } from '../../../domain/incident/selector.ts';
import { createTestDatabase, heldTransaction, type TestDatabase } from '../../database.ts';
import { createHarbour, digestOf, type Harbour, policyText } from './harbour.ts';

const SOURCE = 'https://git.example.com/shop';
const COMMIT = 'a'.repeat(40);
const KEY = `-----BEGIN PUBLIC KEY-----
      MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9
      q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
      -----END PUBLIC KEY-----`;

let own: TestDatabase;
let harbour: Harbour;
let desk: RebuildDesk;
let book: RebuildBook;
let count = 0;

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  desk = createRebuildDesk(own.db, () => Promise.resolve());
  book = createRebuildBook(own.db, harbour.policies);
  const rest = `signers:
  - name: ci
    publicKey: |
      ${KEY}
builders:
  - { name: ci, id: 'https://ci.example.com', signer: ci, level: 1 }
sources:
  - { repository: shop, git: '${SOURCE}', builder: ci }`;
  await harbour.policies.activate(policyText(1, { rest }), 'policy.yaml', 'test');
});
afterAll(() => own.drop());

async function pushed(repository = 'shop', tag?: string): Promise<ArtifactKey> {
  count += 1;
  const key = { repository, digest: digestOf(`rebuilt ${count}`) };
  await harbour.push(key, tag === undefined ? {} : { tag });
  return key;
}
const request = (key: ArtifactKey) => desk.request({ key, reason: 'suspected', actor: 'ann' });
const fact = (key: ArtifactKey, kind: string, value: string) =>
  sql`insert into artifact_fact (digest, kind, value) values (${key.digest}, ${kind}, ${value})`.execute(own.db);

async function requested(key: ArtifactKey): Promise<RebuildKey> {
  const outcome = await request(key);
  if (outcome.outcome !== 'requested') throw new Error(JSON.stringify(outcome));
  return { ...key, rebuild: outcome.rebuild };
}

describe('asking for a rebuild', () => {
  test('of what is not known is refused', async () => {
    expect(await request({ repository: 'shop', digest: digestOf('nowhere') })).toMatchObject({ outcome: 'refused' });
    const misspelt = { key: await pushed(), incident: 'inc-nope', reason: 'suspected', actor: 'ann' };
    expect(await desk.request(misspelt)).toEqual({ outcome: 'refused', reason: 'there is no incident inc-nope' });
  });

  test('twice at once makes one, also from two repositories', async () => {
    const key = await pushed();
    await harbour.push({ ...key, repository: 'mirror' });
    const held = await heldTransaction(own.db, (trx) =>
      sql`select 1 from artifact where digest = ${key.digest} for no key update`.execute(trx),
    );
    const both = Promise.all([request(key), request({ ...key, repository: 'mirror' })]);
    await own.blocked(2);
    await held.commit();
    expect((await both).map(({ outcome }) => outcome).sort()).toEqual(['already-open', 'requested']);
  });

  test('again is possible once it ended', async () => {
    const key = await requested(await pushed());
    await book.fail(key, 'the recipe failed');
    expect(await request(key)).toMatchObject({ outcome: 'requested' });
  });
});

describe('a plan', () => {
  test('takes the commit from verified provenance and the source from the policy', async () => {
    const key = await pushed();
    await fact(key, 'commit', COMMIT);
    await fact(key, 'source', SOURCE);
    expect(await book.plan({ ...key, rebuild: 'x' })).toEqual({
      outcome: 'planned',
      source: { repository: SOURCE, commit: COMMIT },
      target: 'rebuild/shop',
    });
  });

  test.each([
    ['no verified commit', [], 'no provenance that verifies says from which commit it was built'],
    [
      'two commits',
      [
        ['commit', COMMIT],
        ['commit', 'b'.repeat(40)],
      ],
      'provenance names 2 different commits: a person must say which',
    ],
    [
      'a foreign source',
      [
        ['commit', COMMIT],
        ['source', 'https://evil.example.com/shop'],
      ],
      'it was built from https://evil.example.com/shop, not from the source the policy names',
    ],
  ] as const)('with %s is refused', async (_, facts, reason) => {
    const key = await pushed();
    for (const [kind, value] of facts) await fact(key, kind, value);
    expect(await book.plan({ ...key, rebuild: 'x' })).toEqual({ outcome: 'impossible', reason });
  });

  test('of a repository the policy has no source for is refused', async () => {
    expect(await book.plan({ ...(await pushed('other')), rebuild: 'x' })).toMatchObject({ outcome: 'impossible' });
  });
});

describe('an end', () => {
  test('concluded twice, as a retry does, opens one generation', async () => {
    const key = await requested(await pushed());
    const first = await book.concludeIdentical(key);
    expect(await book.concludeIdentical(key)).toEqual(first);
    const { rows } =
      await sql`select joined from generation where digest = ${key.digest} and generation = ${first.generation}`.execute(
        own.db,
      );
    expect(rows).toEqual([{ joined: 0 }]);
    await book.fail(key, 'late');
    const { rows: after } = await sql`select state from rebuild where id = ${key.rebuild}`.execute(own.db);
    expect(after).toEqual([{ state: 'identical' }]);
  });

  test('with other bytes gives the replacement the tag, once', async () => {
    const key = await requested(await pushed('shop', 'v9'));
    const replacement = digestOf(`replacement of ${key.digest}`);
    const difference = (
      await sql<{ digest: string }>`
      insert into blob (digest, media_type, size, bytes) values (${digestOf('difference')}, 't', 1, 'x') returning digest`.execute(
        own.db,
      )
    ).rows[0]!;
    const conclude = () => book.concludeDifferent(key, replacement, difference.digest as never, 'one file');
    expect(await conclude()).toEqual({ generation: 1, tag: 'v9' });
    expect(await conclude()).toMatchObject({ generation: 1 });
    const { rows } = await sql`select digest from tag where repository = 'shop' and tag = 'v9'`.execute(own.db);
    expect(rows).toEqual([{ digest: replacement }]);
  });
});

describe('the tag of a replacement', () => {
  /** Of what was pushed as `tag`, went to dev under it, and was followed by another build under it. */
  async function followed(tag: string) {
    const key = await pushed('shop', tag);
    await harbour.promotions.requestFirst(key, 1);
    const next = await pushed('shop', tag);
    return { key: await requested(key), next };
  }

  test('is not taken from a newer build', async () => {
    const { key } = await followed('followed');
    expect(await book.tagOf(key, digestOf('replacement'))).toBeUndefined();
  });

  test('is the one it was promoted under where what has it now is in an incident, or is the replacement', async () => {
    const { key, next } = await followed('suspected');
    expect(await book.tagOf(key, next.digest)).toBe('suspected');
    await harbour.incidents.open({ selector: { kind: 'digest', value: next.digest }, reason: 'test', actor: 'ann' });
    expect(await book.tagOf(key, digestOf('replacement'))).toBe('suspected');
  });
});

/** A verified provenance by a builder, as the inspection records it. */
async function vouched(
  { repository, digest }: Pick<RebuildKey, 'repository' | 'digest'>,
  builder: string,
  inputsByHash: boolean,
) {
  const manifest = digestOf(`provenance of ${digest} by ${builder}`);
  const identity = { kind: 'key', keyId: `signer of ${builder}` } as const;
  await createEvidenceBook(own.db).record(repository, [
    {
      ...{
        manifest,
        bundle: manifest,
        subject: digest,
        predicateType: 'https://slsa.dev/provenance/v1',
        origin: 'foreign',
      },
      verification: { outcome: 'verified', identity },
      provenance: { builderId: builder, buildType: 'test', inputsByHash },
    },
  ]);
}

// Nothing is released by a rebuild; what it says about the incident's cause is in front of who decides.
test.each([
  ['builder:https://ci.example.com', 'ci', true],
  [`commit:${COMMIT}`, 'third', false],
] as const)('the same bytes, in a release asked for from an incident on %s', async (selector, first, clears) => {
  const key = await pushed();
  await fact(key, 'commit', COMMIT);
  for (const name of [first, 'other'])
    for (const kind of ['builder', 'host', 'signer'])
      await fact(key, kind, kind === 'builder' ? `https://${name}.example.com` : `${kind} of ${name}`);
  await vouched(key, 'https://other.example.com', true);
  await book.concludeIdentical(await requested(key));
  const { id } = await harbour.incidents.open({ selector: parseSelector(selector), reason: 'leaked', actor: 'rita' });
  const asked = await harbour.incidents.requestRelease({ digest: key.digest, reason: 'rebuilt', actor: 'olga' });
  if (asked.outcome !== 'waiting') throw new Error(JSON.stringify(asked));
  const { rows } = await sql<{ evidence: { rebuilds: { clears: boolean; why?: string }[] }; state: string }>`
    select evidence, state from release_request where id = ${asked.request} and incident = ${id}`.execute(own.db);
  expect(rows).toMatchObject([{ state: 'waiting', evidence: { rebuilds: [{ state: 'identical', clears }] } }]);
  const why = clears ? null : 'the same bytes say nothing about a commit: it goes into every build';
  const shown = (await readIncident(own.db, id))?.rebuilds.filter(({ digest }) => digest === key.digest);
  expect(shown).toMatchObject([{ state: 'identical', clears, why }]);
});

test('a rebuild that ends after the release was asked for is on record with it', async () => {
  const key = await pushed();
  const { id } = await harbour.incidents.open({
    selector: parseSelector(`digest:${key.digest}`),
    ...{ reason: 'odd', actor: 'rita' },
  });
  const asked = await harbour.incidents.requestRelease({ digest: key.digest, reason: 'rebuilding', actor: 'olga' });
  if (asked.outcome !== 'waiting') throw new Error(JSON.stringify(asked));
  await book.concludeIdentical(await requested(key));
  const decision = { request: asked.request, verb: 'approve', reason: 'seen', actor: 'ann' } as const;
  expect(await harbour.incidents.decideRelease(decision)).toMatchObject({ outcome: 'released' });
  const { rows } = await sql`select evidence from incident_excusal where incident = ${id}`.execute(own.db);
  expect(rows).toMatchObject([{ evidence: { rebuilds: [{ state: 'identical', digest: key.digest, clears: false }] } }]);
});

test('the same bytes of another builder that does not show its inputs clear nothing', async () => {
  const key = await pushed();
  for (const name of ['fourth', 'other'])
    for (const kind of ['builder', 'host', 'signer'])
      await fact(key, kind, kind === 'builder' ? `https://${name}.example.com` : `${kind} of ${name}`);
  await vouched(key, 'https://fourth.example.com', true);
  await vouched(key, 'https://other.example.com', false);
  await book.concludeIdentical(await requested(key));
  const selector = parseSelector('builder:https://fourth.example.com');
  await harbour.incidents.open({ selector, reason: 'leaked', actor: 'rita' });
  const asked = await harbour.incidents.requestRelease({ digest: key.digest, reason: 'rebuilt', actor: 'olga' });
  if (asked.outcome !== 'waiting') throw new Error(JSON.stringify(asked));
  const { rows } = await sql<{ evidence: object }>`
    select evidence from release_request where id = ${asked.request}`.execute(own.db);
  const why = 'no other builder shows that all it fetched was checked by hash';
  expect(rows).toMatchObject([{ evidence: { rebuilds: [{ state: 'identical', clears: false, why }] } }]);
});

test('an incident shows the rebuilds of what it selected, whoever asked for them and when, and those asked for because of it', async () => {
  const [before, after, elsewhere, unrelated] = [await pushed(), await pushed(), await pushed(), await pushed()];
  await book.concludeIdentical(await requested(before));
  await requested(unrelated);
  await fact(before, 'builder', 'https://fifth.example.com');
  await fact(after, 'builder', 'https://fifth.example.com');
  const selector = parseSelector('builder:https://fifth.example.com');
  const { id: incident } = await harbour.incidents.open({ selector, reason: 'leaked', actor: 'rita' });
  await requested(after);
  await desk.request({ key: elsewhere, incident, reason: 'suspected', actor: 'ann' });
  expect((await readIncident(own.db, incident))?.rebuilds).toMatchObject([
    { digest: before.digest, state: 'identical', clears: false, why: 'no other builder vouches for it' },
    { digest: after.digest, state: 'requested', clears: null, why: null },
    { digest: elsewhere.digest, state: 'requested', clears: null, why: null },
  ]);
});
