/** Decisions about findings: what they let through, when that ends, and that nobody is told too late or hides what is not theirs. */
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { readFindingsVersion } from '../../../adapters/postgres/findings-version.ts';
import type { NewDecision } from '../../../domain/advisory/decision/decision-book.ts';
import type { ArtifactKey } from '../../../domain/artifact/subject.ts';
import { directHere } from '../../faults/obey.ts';
import {
  activate,
  ann,
  book,
  changesOf,
  count,
  cveOf,
  decide,
  generationsOf,
  harbour,
  hold,
  inHours,
  judge,
  nameOf,
  notAffected,
  outcomeOf,
  own,
  publish,
  rescan,
  useDecisionStage,
} from './decision-stage.ts';
import { digestOf, LEASE_SECONDS } from './harbour.ts';

useDecisionStage();

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

/** However many artifacts it reaches, making one that hides writes nothing to them: what was judged without it was no better. */
describe('what was judged before', () => {
  const standing = async (key: ArtifactKey) => readFindingsVersion(own.db, key.digest);

  test('stands while the first decision that hides is made, and is outdated when it is told', async () => {
    const key = await hold('first');
    await harbour.requestDev(key);
    await publish();
    const before = await standing(key);
    await decide();
    expect(await standing(key)).toBe(before);
    await rescan();
    expect(await standing(key)).toBe(before + 1);
  });

  test.each<[what: string, advisory: () => string, more: Partial<NewDecision>]>([
    ['one beside another', cveOf, {}],
    ['one beside another under another name', () => `GHSA-a-${count}`, {}],
    ['one that hides nothing', cveOf, { state: 'affected' }],
  ])('is outdated at once by %s', async (_, advisory, more) => {
    const key = await hold('second');
    await harbour.requestDev(key);
    await publish();
    if (more.state === undefined) await decide();
    await rescan();
    const before = await standing(key);
    const made = await decide({ ...more, advisory: advisory() });
    expect(await standing(key)).toBe(before + 1);
    await book.revoke(made.id, 'a mistake', ann);
    expect(await standing(key)).toBe(before + 2);
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
