/** A decision about a finding that is over or revoked: who is told, what counts again, and what opens. */
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { directHere } from '../../faults/obey.ts';
import {
  activate,
  age,
  ann,
  book,
  changesOf,
  count,
  decide,
  generationsOf,
  harbour,
  hold,
  incidentsOn,
  inHours,
  nameOf,
  notAffected,
  outcomeOf,
  own,
  publish,
  purlOf,
  rescan,
  useDecisionStage,
  wake,
} from './decision-stage.ts';

useDecisionStage();

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
