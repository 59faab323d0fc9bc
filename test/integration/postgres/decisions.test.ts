/** Decisions about findings: what they let through, when that ends, and that nobody is told too late or hides what is not theirs. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { sha256Digest } from '../../../adapters/postgres/blob-store.ts';
import { createDecisionBook } from '../../../adapters/postgres/decision-book.ts';
import { listDecisions } from '../../../adapters/postgres/decision-rows.ts';
import { createRescanBook } from '../../../adapters/postgres/rescan-book.ts';
import type { DecisionBook, NewDecision } from '../../../domain/advisory/decision/decision-book.ts';
import type { RescanBook } from '../../../domain/advisory/rescan-book.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { findEnvironment } from '../../../domain/policy/environments.ts';
import { evaluateVerdict } from '../../../domain/policy/evaluate.ts';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import type { Component } from '../../../domain/sbom/component.ts';
import { createTestDatabase, type TestDatabase } from '../../database.ts';
import { directHere } from '../../faults/obey.ts';
import { findingChanges, generationCauses } from './findings-told.ts';
import { createHarbour, digestOf, type Harbour, LEASE_SECONDS, policyText } from './harbour.ts';

let own: TestDatabase;
let harbour: Harbour;
let rescans: RescanBook;
let book: DecisionBook;
let count = 0;
let version = 1;

const gates = 'gates: [{ gate: digest }, { gate: vulnerabilities, severity: high }]';
async function activate(rest: string): Promise<void> {
  const text = policyText(version++, { rest }).replaceAll('gates: [{ gate: digest }]', gates);
  expect(await harbour.policies.activate(text, 'policy.yaml', 'test')).toMatchObject({ outcome: 'activated' });
}

beforeAll(async () => {
  own = await createTestDatabase();
  harbour = createHarbour(own.db);
  const policy = () => harbour.policies.current();
  rescans = createRescanBook(own.db, policy);
  book = createDecisionBook(own.db, policy);
  await activate('findingIncidents: [{ on: severity, atLeast: critical }, { on: malicious-package }]');
});
afterAll(() => own.drop());
beforeEach(() => {
  count += 1;
});

const ann = { subject: 'ann', role: 'approver' } as const;
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const nameOf = () => `library-${count}`;
const purlOf = () => `pkg:npm/${nameOf()}@1.0.0`;
const cveOf = () => `CVE-2026-${String(count).padStart(5, '0')}`;

async function hold(label: string): Promise<ArtifactKey> {
  const key = { repository: `shop/${label}-${count}`, digest: digestOf(`${label} ${count}`) };
  const component: Component = {
    ...{ purl: purlOf(), ecosystem: 'npm', advisoryName: nameOf(), name: nameOf(), version: '1.0.0' },
    ...{ advisoryVersion: '1.0.0', licences: [], hashes: [], dependsOn: [], scope: 'runtime', foundBy: 'test' },
    locations: [{ path: `/${label}`, layer: digestOf(`${label} ${count}`) }],
  };
  const stock = { components: [component], unreadable: [], complete: true };
  const platform = { digest: key.digest, platform: 'linux/amd64', stock, failure: undefined };
  const [stored] = await harbour.stocks.record(key.digest, [platform]);
  await harbour.stocks.scanStock(stored!.stock!);
  return key;
}

/** Under a GHSA id, with the CVE as another name. */
async function publish(id = `GHSA-a-${count}`, severity = 'HIGH'): Promise<void> {
  const imports = createAdvisoryImports(own.db);
  const epoch = await imports.begin('test', 'test');
  const affected = [
    {
      package: { ecosystem: 'npm', name: nameOf() },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '2.0.0' }] }],
      database_specific: { severity },
    },
  ];
  await imports.stage(epoch, [{ id, aliases: [cveOf()], modified: '2026-01-01T00:00:00Z', affected }]);
  await imports.activate(epoch, { count: 0, first: [] });
  await rescan();
}
const rescan = () => rescans.rescan(() => undefined);
const wake = () => rescans.wakeDecisions(() => undefined);
const decide = (more: Partial<NewDecision> = {}) =>
  book.make(
    {
      ...{ advisory: cveOf(), state: 'accepted_risk', reason: 'not reachable from outside', expires: inHours(24) },
      scope: { component: `pkg:npm/${nameOf()}` },
      ...more,
    },
    ann,
  );
const notAffected = {
  state: 'not_affected',
  justification: 'vulnerable_code_not_present',
  expires: undefined,
} as const;

/** Judged as the trust worker does, by everything that is recorded. */
async function judge(key: ArtifactKey, name = 'dev'): Promise<Verdict> {
  const policy = await harbour.policies.current();
  const environment = findEnvironment(policy, name)!;
  const judged = { ...(await harbour.verdicts.facts(key)), observedDigest: key.digest };
  const now = new Date().toISOString();
  return evaluateVerdict({ policy, environment, judged, now, sha256: sha256Digest });
}
const outcomeOf = async (key: ArtifactKey, name?: string) => (await judge(key, name)).outcome;

const changesOf = (key: ArtifactKey) => findingChanges(own.db, key);
const generationsOf = (key: ArtifactKey) => generationCauses(own.db, key);
const incidentsOn = async (purl: string) =>
  (await sql`select id from incident where selector ->> 'value' = ${purl}`.execute(own.db)).rows;

/** As if it had been made, and would end, that much earlier. */
async function age(id: string, hours: number): Promise<void> {
  await sql`alter table finding_decision disable trigger finding_decision_kept`.execute(own.db);
  await sql`update finding_decision set made_at = made_at - make_interval(hours => ${hours}),
    expires_at = expires_at - make_interval(hours => ${hours}) where id = ${id}`.execute(own.db);
  await sql`alter table finding_decision enable trigger finding_decision_kept`.execute(own.db);
}

describe('a decision', () => {
  test('lets through what it covers, is named by the gate, and makes it another decision to approve', async () => {
    const key = await hold('web');
    await publish();
    const before = await judge(key);
    expect(before.outcome).toBe('fail');
    const { id } = await decide({ owner: 'shop-team' });
    const after = await judge(key);
    expect(after).toMatchObject({ outcome: 'pass', decisionsUntil: expect.any(String) });
    expect(after.gates[1]).toMatchObject({
      reason: 'no vulnerability at or above high (1 by decision)',
      details: [expect.stringContaining(`by ann, owner shop-team: not reachable from outside [decision ${id}]`)],
    });
    expect(after.decisionDigest).not.toBe(before.decisionDigest);
    expect((await judge(key)).decisionDigest).toBe(after.decisionDigest);
  });

  test.each<[what: string, more: () => Partial<NewDecision>]>([
    ['for another environment', () => ({ scope: { component: nameOf(), environment: 'staging' } })],
    ['for another artifact', () => ({ scope: { artifact: digestOf('another') } })],
    ['for another repository', () => ({ scope: { artifact: 'other/**' } })],
    ['for another component', () => ({ scope: { component: 'pkg:npm/another' } })],
    ['for a range without the version', () => ({ scope: { component: `pkg:npm/${nameOf()}@>=1.0.1` } })],
    ['for another advisory', () => ({ advisory: 'CVE-2020-1111' })],
    ['that it is looked into', () => ({ state: 'under_investigation' })],
  ])('%s hides nothing', async (_, more) => {
    const key = await hold('web');
    await publish();
    await decide(more());
    expect(await outcomeOf(key)).toBe('fail');
  });

  test('that is newer and says the contrary counts', async () => {
    const key = await hold('web');
    await publish();
    await decide(notAffected);
    expect(await outcomeOf(key)).toBe('pass');
    const { id } = await decide({ state: 'affected', expires: undefined });
    expect(await outcomeOf(key)).toBe('fail');
    await book.revoke(id, 'was right before', ann);
    expect(await outcomeOf(key)).toBe('pass');
  });

  test('is told: what runs is judged again, and what was denied', async () => {
    const [runs, denied] = [await hold('runs'), await hold('denied')];
    await harbour.liveInDev(runs);
    const promotion = await harbour.requestDev(denied);
    await publish();
    await sql`update promotion set state = 'denied' where digest = ${promotion.digest}`.execute(own.db);
    await decide(notAffected);
    expect(await rescan()).toMatchObject({ artifacts: 2, incidents: [] });
    expect((await changesOf(runs)).at(-1)).toMatchObject({
      ...{ decision: { what: 'made', state: 'not_affected' }, environments: ['dev'] },
      changes: [{ change: 'suppressed' }],
    });
    expect(await generationsOf(denied)).toEqual(['push', 'advisories']);
    expect(await rescan()).toMatchObject({ artifacts: 0 });
  });

  test('whose maker is killed before anybody is told holds, and is told by the rescan it asked for', async () => {
    const key = await hold('killed');
    await harbour.liveInDev(key);
    await publish();
    const faults = directHere();
    const trap = faults.stopAt('decision.made');
    const making = decide();
    (await trap.stopped).fail('the gateway was killed');
    await expect(making).rejects.toThrow();
    faults.close();
    expect(await outcomeOf(key)).toBe('pass');
    const asked = sql`select 1 from workflow_request where workflow_id = 'rescan' and state = 'pending'`;
    expect((await asked.execute(own.db)).rows.length).toBeGreaterThan(0);
    expect(await rescan()).toMatchObject({ artifacts: 1 });
  });

  test('is never changed, and neither is its revocation', async () => {
    const { id } = await decide();
    await book.revoke(id, 'wrong', ann);
    for (const statement of [
      sql`update finding_decision set reason = 'other' where id = ${id}`,
      sql`delete from finding_decision where id = ${id}`,
      sql`update finding_decision_revocation set reason = 'other' where decision = ${id}`,
      sql`delete from finding_decision_revocation where decision = ${id}`,
    ])
      await expect(statement.execute(own.db)).rejects.toThrow('never changed');
  });

  test.each<[what: string, more: Partial<NewDecision>, message: RegExp]>([
    ['without an end', { expires: undefined }, /needs an end; the policy lets a risk be accepted for 90 d/],
    ['for longer than the policy allows', { expires: inHours(91 * 24) }, /for 90 d at most/],
    ['that is over', { expires: '2020-01-01' }, /over already/],
    ['without a reason', { reason: ' ' }, /say why/],
    ['about everything', { scope: { environment: 'dev' } }, /name the component, the artifact, or both/],
    ['for no environment', { scope: { component: 'x', environment: 'prd' } }, /the policy has no "prd"/],
    ['for no artifact', { scope: { artifact: 'SHOP WEB' } }, /expected a digest/],
    ['for no component', { scope: { component: 'pkg:npm' } }, /expected a package URL/],
    ['not affected, and why not', { ...notAffected, justification: undefined }, /needs one of component_not_present/],
    ['with a justification it can not have', { justification: 'component_not_present' }, /only "not_affected" has one/],
    ['about no advisory', { advisory: 'everything' }, /expected the name of one/],
  ])('%s is refused', async (_, more, message) => {
    await expect(decide(more)).rejects.toMatchObject({
      code: 'DECISION_INVALID',
      message: expect.stringMatching(message),
    });
  });
});

describe('at the door', () => {
  /** Reserved on a verdict that rests on a decision. */
  async function reserved(label: string) {
    const key = await hold(label);
    await publish();
    const made = await decide();
    const promotion = await harbour.requestDev(key);
    const verdict = await judge(key);
    await harbour.verdicts.record(verdict, 1);
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
    return { key, promotion, made, verdict };
  }

  test('a decision that ends between reservation and go-live lets nothing in', async () => {
    const { promotion, verdict } = await reserved('ends');
    const body = { ...verdict, decisionsUntil: new Date(Date.now() - 1).toISOString() };
    await sql`update verdict set body = ${JSON.stringify(body)}::jsonb where digest = ${promotion.digest}`.execute(
      own.db,
    );
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'refused', state: 'cancelled' });
  });

  test('one that is revoked neither, at once', async () => {
    const { promotion, made } = await reserved('revoked');
    await book.revoke(made.id, 'a mistake', ann);
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'refused', state: 'cancelled' });
  });
});

describe('when its time is over', () => {
  test('what runs is told of as for a new finding, judged again, and by policy an incident opens; once', async () => {
    const key = await hold('runs');
    const { id } = await decide();
    await rescan();
    await harbour.liveInDev(key);
    await publish(`GHSA-a-${count}`, 'CRITICAL');
    expect(await incidentsOn(purlOf())).toEqual([]);
    expect(await outcomeOf(key)).toBe('pass');
    await age(id, 25);
    expect(await outcomeOf(key)).toBe('fail');
    const [{ incidents, ended, artifacts }] = await Promise.all([wake(), wake()]);
    expect([ended, artifacts].every((number) => number <= 1)).toBe(true);
    expect((await changesOf(key)).at(-1)).toMatchObject({
      ...{ decision: { id, what: 'expired' }, environments: ['dev'] },
      changes: [{ change: 'appeared', severity: 'critical', fixedIn: '2.0.0' }],
    });
    expect(await incidentsOn(purlOf())).toHaveLength(1);
    expect(incidents.length).toBeLessThanOrEqual(1);
    expect((await generationsOf(key)).at(-1)).toBe('advisories');
    const told = (await changesOf(key)).length;
    expect(await wake()).toMatchObject({ ended: 0, artifacts: 0, incidents: [] });
    expect(await changesOf(key)).toHaveLength(told);
  });

  test('it is over for every process, also for one whose clock is behind', async () => {
    const key = await hold('behind');
    await harbour.liveInDev(key);
    const { id } = await decide();
    await publish(`GHSA-a-${count}`, 'CRITICAL');
    await sql`insert into finding_decision_news (decision, what) values (${id}, 'expired')`.execute(own.db);
    expect(await outcomeOf(key)).toBe('fail');
    await wake();
    expect((await changesOf(key)).at(-1)).toMatchObject({ changes: [{ change: 'appeared' }] });
    expect(await incidentsOn(purlOf())).toHaveLength(1);
  });

  test('a killed run tells everybody at the next', async () => {
    const key = await hold('killed');
    await publish();
    await harbour.liveInDev(key);
    const { id } = await decide();
    await rescan();
    await age(id, 25);
    const faults = directHere();
    const trap = faults.stopAt('decisions.found');
    const first = wake();
    (await trap.stopped).fail('the worker was killed');
    await expect(first).rejects.toThrow();
    faults.close();
    expect(await wake()).toMatchObject({ artifacts: 1 });
    expect((await changesOf(key)).filter(({ decision }) => decision?.what === 'expired')).toHaveLength(1);
  });

  test('where another decision still holds, nothing counts again', async () => {
    const key = await hold('both');
    await harbour.liveInDev(key);
    const { id } = await decide();
    await decide(notAffected);
    await publish(`GHSA-a-${count}`, 'CRITICAL');
    await age(id, 25);
    await wake();
    expect((await changesOf(key)).at(-1)).toMatchObject({ changes: [{ change: 'suppressed' }] });
    expect(await incidentsOn(purlOf())).toEqual([]);
  });

  test('a lower bound of the policy ends it sooner', async () => {
    const key = await hold('bound');
    await publish();
    const { id } = await decide({ expires: inHours(48) });
    await age(id, 25);
    expect(await outcomeOf(key)).toBe('pass');
    await activate('findingDecisions: { acceptedRisk: P1D }\nfindingIncidents: [{ on: severity, atLeast: critical }]');
    expect(await outcomeOf(key)).toBe('fail');
    expect(await wake()).toMatchObject({ ended: 1 });
    await activate('findingIncidents: [{ on: severity, atLeast: critical }, { on: malicious-package }]');
  });

  test('says when the next one ends', async () => {
    const expires = inHours(0.5);
    await decide({ expires });
    expect((await wake()).next).toBe(expires);
  });
});

describe('a revoked decision', () => {
  test('wakes what it let through, and opens what it kept shut', async () => {
    const key = await hold('runs');
    await harbour.liveInDev(key);
    const { id } = await decide(notAffected);
    await publish(`GHSA-a-${count}`, 'CRITICAL');
    expect(await incidentsOn(purlOf())).toEqual([]);
    const revoked = await book.revoke(id, 'it is reachable after all', { subject: 'rob', role: 'responder' });
    expect(revoked.revoked).toMatchObject({ by: 'rob', reason: 'it is reachable after all' });
    expect(await book.revoke(id, 'again', ann)).toEqual(revoked);
    const { incidents } = await rescan();
    expect(incidents).toHaveLength(1);
    expect((await changesOf(key)).at(-1)).toMatchObject({
      decision: { what: 'revoked' },
      changes: [{ change: 'appeared' }],
    });
  });

  test('for one environment opens nothing where the finding was never suppressed', async () => {
    const key = await hold('dev');
    await publish();
    await harbour.liveInDev(key);
    const { id } = await decide({ ...notAffected, scope: { component: nameOf(), environment: 'prod' } });
    await rescan();
    await book.revoke(id, 'wrong', ann);
    await rescan();
    expect((await changesOf(key)).at(-1)).toMatchObject({ environments: [] });
  });

  test('that does not exist is said', async () => {
    await expect(book.revoke('00000000-0000-4000-8000-000000000000', 'x', ann)).rejects.toMatchObject({
      code: 'DECISION_UNKNOWN',
    });
  });
});

describe('an incident by policy', () => {
  test('opens for the artifact that no decision covers, though another is covered', async () => {
    const [covered, open] = [await hold('covered'), await hold('open')];
    await harbour.liveInDev(covered);
    await harbour.liveInDev(open);
    await decide({ ...notAffected, scope: { artifact: covered.digest } });
    await publish(`GHSA-a-${count}`, 'CRITICAL');
    expect(await incidentsOn(purlOf())).toHaveLength(1);
  });
});

describe('with notCommitter', () => {
  test('nobody decides about what they committed, and nobody does where that is not known', async () => {
    await activate('findingDecisions: { notCommitter: true }');
    const [known, unknown] = [await hold('known'), await hold('unknown')];
    await publish();
    await sql`insert into principal values ('ann'), ('cyd') on conflict do nothing`.execute(own.db);
    await sql`insert into artifact_fact (digest, kind, value) values (${known.digest}, 'committer', 'ann')`.execute(
      own.db,
    );
    await decide(notAffected);
    expect([await outcomeOf(known), await outcomeOf(unknown)]).toEqual(['fail', 'fail']);
    await book.make(
      { ...notAffected, advisory: cveOf(), reason: 'looked', scope: { component: nameOf() } },
      { subject: 'cyd', role: 'approver' },
    );
    expect([await outcomeOf(known), await outcomeOf(unknown)]).toEqual(['pass', 'fail']);
    await activate('findingIncidents: [{ on: severity, atLeast: critical }, { on: malicious-package }]');
  });
});

describe('a VEX document', () => {
  const openVex = (statement: object = {}, more: object = {}) =>
    JSON.stringify({
      ...{ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': `https://example.com/${count}`, author: 'Vendor' },
      ...{ timestamp: '2026-01-01T00:00:00Z', version: 1 },
      statements: [
        {
          vulnerability: { name: cveOf() },
          products: [{ '@id': `pkg:npm/${nameOf()}@1.0.0` }],
          ...{ status: 'not_affected', justification: 'vulnerable_code_not_present' },
          ...statement,
        },
      ],
      ...more,
    });
  const submit = (text: string, more: object = {}) =>
    book.submit({ text, source: 'vex.json', scope: {}, ...more }, ann);

  test('is kept, decides in the name of its author, and changes nothing when it is brought again', async () => {
    const key = await hold('vex');
    await publish();
    const receipt = await submit(openVex());
    expect(receipt).toMatchObject({ format: 'openvex', statements: 1, isNew: true });
    const verdict = await judge(key);
    expect(verdict.outcome).toBe('pass');
    expect(verdict.gates[1]?.details[0]).toContain('vulnerable_code_not_present');
    const { items } = await listDecisions(own.db, { advisory: cveOf(), ended: false }, { limit: 10, after: undefined });
    expect(items).toMatchObject([{ madeBy: 'ann', document: { digest: receipt.digest, author: 'Vendor' } }]);
    const { rows } = await sql`select 1 from blob where digest = ${receipt.digest}`.execute(own.db);
    expect(rows).toHaveLength(1);
    await book.revoke(receipt.decisions[0]!, 'not true', ann);
    expect(await submit(openVex())).toEqual({ ...receipt, isNew: false });
    expect(await outcomeOf(key)).toBe('fail');
  });

  test.each<[what: string, statement: () => object, more: object]>([
    ['about another product', () => ({ products: [{ '@id': 'pkg:npm/another' }] }), {}],
    ['about another version', () => ({ products: [{ '@id': `pkg:npm/${nameOf()}@1.0.1` }] }), {}],
    [
      'about it in another artifact',
      () => ({ products: [{ '@id': digestOf('another'), subcomponents: [{ '@id': `pkg:npm/${nameOf()}` }] }] }),
      {},
    ],
    ['that is looked into', () => ({ status: 'under_investigation' }), {}],
    ['brought for another environment', () => ({}), { scope: { environment: 'prod' } }],
    ['brought for another repository', () => ({}), { scope: { artifact: 'other/**' } }],
  ])('%s hides nothing', async (_, statement, more) => {
    const key = await hold('vex');
    await publish();
    await submit(openVex(statement()), more);
    expect(await outcomeOf(key)).toBe('fail');
  });

  test('gives way to what a person says, older or newer', async () => {
    const key = await hold('vex');
    await publish();
    const { id } = await decide({ state: 'affected', expires: undefined });
    await submit(openVex({}, { timestamp: '2099-01-01T00:00:00Z' }));
    expect(await outcomeOf(key)).toBe('fail');
    await book.revoke(id, 'the vendor is right', ann);
    expect(await outcomeOf(key)).toBe('pass');
  });

  test.each<[what: string, text: () => string, code: string]>([
    ['no JSON', () => '{', 'VEX_NOT_JSON'],
    ['something else', () => '{"a": 1}', 'VEX_UNKNOWN_FORMAT'],
    ['wrong', () => openVex({ status: 'fine' }), 'VEX_INVALID'],
    ['about nothing', () => openVex({ products: [] }), 'DECISION_INVALID'],
    ['with NUL in it', () => openVex({ impact_statement: 'a\u0000b' }), 'DECISION_INVALID'],
  ])('that is %s is refused, and nothing of it is kept', async (_, text, code) => {
    await expect(submit(text())).rejects.toMatchObject({ code });
    const { items } = await listDecisions(own.db, { advisory: cveOf(), ended: true }, { limit: 10, after: undefined });
    expect(items).toEqual([]);
  });
});
