/** New advisories meet what is stored, what waits and what runs; in races with promotions, incidents and other rescans. */
import { sql, type Transaction } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Schema } from '../../../adapters/postgres/schema.ts';
import { heldTransaction } from '../../database.ts';
import { directHere } from '../../faults/obey.ts';
import { digestOf, LEASE_SECONDS } from './harbour.ts';
import {
  affectedBy,
  changesOf,
  count,
  findingsOf,
  generationsOf,
  harbour,
  hold,
  incidentsOn,
  nameOf,
  nextLibrary,
  own,
  publish,
  purlOf,
  rescan,
  standOnRescans,
  stockOf,
} from './rescan-stage.ts';

standOnRescans();

describe('a new advisory', () => {
  test('is found in what is stored, told once, and judged again where something runs or waits', async () => {
    const [runs, rests] = [await hold('runs'), await hold('rests')];
    await harbour.liveInDev(runs);
    await harbour.push(rests);
    await publish(`GHSA-a-${count}`);
    expect(await rescan()).toMatchObject({ versions: 1, changes: 1, artifacts: 2, incidents: [] });
    expect([await findingsOf(runs), await findingsOf(rests)]).toEqual([[`GHSA-a-${count}`], [`GHSA-a-${count}`]]);
    expect(await changesOf(runs)).toMatchObject([
      { environments: ['dev'], changes: [{ advisory: `GHSA-a-${count}`, change: 'appeared', fixedIn: '2.0.0' }] },
    ]);
    expect(await changesOf(rests)).toMatchObject([{ environments: [] }]);
    expect([await generationsOf(runs), await generationsOf(rests)]).toEqual([['push', 'advisories'], ['push']]);
    expect(await rescan()).toMatchObject({ versions: 0, changes: 0, artifacts: 0 });
    expect(await changesOf(runs)).toHaveLength(1);
  });

  test('that says nothing new changes nothing, and leaves approvals standing', async () => {
    const key = await hold('same');
    await harbour.waitingForProd(key);
    await publish(`GHSA-a-${count}`);
    await rescan();
    await harbour.judge(key, 'prod');
    const before = await harbour.verdicts.facts(key);
    await publish(`GHSA-a-${count}`, { summary: 'said better' });
    expect(await rescan()).toMatchObject({ versions: 1, changes: 0, artifacts: 0 });
    expect((await harbour.verdicts.facts(key)).findingsVersion).toBe(before.findingsVersion);
  });

  test('that is withdrawn is gone, and that is told too', async () => {
    const key = await hold('gone');
    await harbour.push(key);
    await publish(`GHSA-a-${count}`);
    await rescan();
    await publish(`GHSA-a-${count}`, { withdrawn: '2026-02-01T00:00:00Z' });
    await rescan();
    expect(await findingsOf(key)).toEqual([]);
    expect((await changesOf(key)).at(-1)).toMatchObject({ changes: [{ change: 'gone' }] });
  });

  test('is found in a version that is matched for the first time while it is activated', async () => {
    const key = { repository: `shop/new-${count}`, digest: digestOf(`new ${count}`) };
    const [stored] = await harbour.stocks.record(key.digest, [
      { digest: key.digest, platform: 'linux/amd64', stock: stockOf(`new ${count}`), failure: undefined },
    ]);
    // An activation at its last row: whoever matches now has read the epoch, and the records, of before.
    let activation: Transaction<Schema> | undefined;
    const held = await heldTransaction(own.db, async (trx) => {
      activation = trx;
      await sql`select 1 from advisory_state for update`.execute(trx);
    });
    const scanning = harbour.stocks.scanStock(stored!.stock!);
    await own.blocked(1);
    const record = {
      ...{ id: `GHSA-a-${count}`, modified: '2026-01-01T00:00:00Z', aliases: [], upstream: [], severity: [] },
      affected: [{ package: { ecosystem: 'npm', name: nameOf() }, severity: [], versions: ['1.0.0'], ranges: [] }],
    };
    await sql`insert into advisory (id, modified, record, record_digest)
      values (${record.id}, ${record.modified}, ${JSON.stringify(record)}::jsonb, 'x')`.execute(activation!);
    await sql`insert into advisory_package values ('npm', ${nameOf()}, ${record.id})`.execute(activation!);
    await sql`update advisory_state set epoch = epoch + 1000`.execute(activation!);
    await held.commit();
    expect(await scanning).toBe(1);
    expect(await findingsOf(key)).toEqual([record.id]);
    await sql`update advisory_state set epoch = epoch - 1000`.execute(own.db);
  });
});

describe('a rescan that is killed', () => {
  test('after it wrote what it found tells everybody at the next try', async () => {
    const key = await hold('killed');
    await harbour.liveInDev(key);
    await publish(`GHSA-a-${count}`);
    const faults = directHere();
    const trap = faults.stopAt('rescan.matched');
    const first = rescan();
    (await trap.stopped).fail('the worker was killed');
    await expect(first).rejects.toThrow();
    faults.close();
    expect(await changesOf(key)).toEqual([]);
    expect(await findingsOf(key)).toEqual([`GHSA-a-${count}`]);
    expect(await rescan()).toMatchObject({ changes: 0, artifacts: 1 });
    expect(await changesOf(key)).toHaveLength(1);
    expect(await generationsOf(key)).toEqual(['push', 'advisories']);
  });

  test('before it began is started by the request that came with the activation', async () => {
    const faults = directHere();
    const trap = faults.stopAt('advisories.activated');
    const publishing = publish(`GHSA-a-${count}`);
    (await trap.stopped).fail('the gateway was killed');
    await expect(publishing).rejects.toThrow();
    faults.close();
    const { rows } =
      await sql`select 1 from workflow_request where workflow_id = 'rescan' and state = 'pending'`.execute(own.db);
    expect(rows.length).toBeGreaterThan(0);
  });

  test('two at once tell once', async () => {
    const key = await hold('twice');
    await harbour.liveInDev(key);
    await publish(`GHSA-a-${count}`);
    await Promise.all([rescan(), rescan(), rescan()]);
    expect(await changesOf(key)).toHaveLength(1);
    expect(await generationsOf(key)).toEqual(['push', 'advisories']);
  });
});

describe('a promotion whose findings change', () => {
  test('while it waits for approval looks again, and what was approved before does not count', async () => {
    const key = await hold('waits');
    const promotion = await harbour.waitingForProd(key);
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    for (const principal of ['ann', 'ben']) {
      const decider = { principal, groups: [] };
      await harbour.promotions.decide(promotion, { verb: 'approve', reason: 'fine', decider });
    }
    await publish(`GHSA-a-${count}`);
    await rescan();
    const { rows } =
      await sql`select 1 from workflow_wake where workflow_id = ${`promotion/prod/${key.repository}@${key.digest}`}`.execute(
        own.db,
      );
    expect(rows).toHaveLength(1);
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({
      outcome: 'stale',
      reason: expect.stringContaining('components changed'),
    });
    await harbour.judge(key, 'prod', { decision: `with findings ${count}` });
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({
      outcome: 'waiting',
      for: 'approval',
    });
  });

  test('after it was reserved does not go live', async () => {
    const key = await hold('reserved');
    const promotion = await harbour.requestDev(key);
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'reserved' });
    await publish(`GHSA-a-${count}`);
    await rescan();
    expect(await harbour.promotions.goLive(promotion)).toMatchObject({ outcome: 'refused', state: 'cancelled' });
  });

  test('in the moment it goes live is told of: the rescan waits at the door, and finds it', async () => {
    const key = await hold('door');
    const promotion = await harbour.requestDev(key);
    await harbour.promotions.reserve(promotion, LEASE_SECONDS);
    await publish(`GHSA-a-${count}`);
    const faults = directHere();
    const trap = faults.stopAt('rescan.matched');
    const rescanning = rescan();
    const arrival = await trap.stopped;
    // It looked before the findings were written, and is not done yet.
    const door = await heldTransaction(own.db, async (trx) => {
      await sql`select value from incident_epoch for share`.execute(trx);
      await sql`update placement set state = 'live' where digest = ${key.digest}`.execute(trx);
    });
    arrival.go();
    await own.blocked(1);
    expect(await changesOf(key)).toEqual([]);
    await door.commit();
    await rescanning;
    faults.close();
    expect(await changesOf(key)).toMatchObject([{ environments: ['dev'] }]);
  });

  test('judged on what it was before is judged again, however late that verdict is written', async () => {
    const key = await hold('late');
    const promotion = await harbour.requestDev(key);
    const before = await harbour.verdicts.facts(key);
    await publish(`GHSA-a-${count}`);
    await rescan();
    await sql`update verdict set findings_version = ${before.findingsVersion ?? null}, evaluated_at = now() + interval '1 second'
      where digest = ${key.digest}`.execute(own.db);
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ outcome: 'stale' });
  });
});

describe('an incident by policy', () => {
  test('opens for a malicious package that runs, once, and takes it out', async () => {
    const key = await hold('evil');
    await harbour.liveInDev(key);
    await publish(`MAL-2026-${count}`);
    const { incidents } = await rescan();
    expect(incidents).toHaveLength(1);
    expect(await incidentsOn(purlOf())).toEqual(incidents);
    const { rows } = await sql`select state from artifact_fence where digest = ${key.digest}`.execute(own.db);
    expect(rows).toEqual([{ state: 'fenced' }]);
    await harbour.incidents.close({ incident: incidents[0] ?? '', reason: 'over', actor: 'test' });
    await publish(`MAL-2026-${count}`, { summary: 'again', modified: '2026-03-01T00:00:00Z' });
    expect((await rescan()).incidents).toEqual([]);
  });

  test('opens for a malicious package that GitHub reviewed too, whose name the finding has', async () => {
    const key = await hold('reviewed');
    await harbour.liveInDev(key);
    await publish(`GHSA-m-${count}`, { aliases: [`MAL-2026-${count}`] });
    await publish(`MAL-2026-${count}`, { aliases: [`GHSA-m-${count}`] });
    const { incidents } = await rescan();
    expect(await findingsOf(key)).toEqual([`GHSA-m-${count}`]);
    expect(incidents).toHaveLength(1);
    expect(await incidentsOn(purlOf())).toEqual(incidents);
  });

  test('opens where what was known already turns out to be malicious, and its gates look again', async () => {
    const key = await hold('turned');
    await harbour.liveInDev(key);
    const rated = { database_specific: { severity: 'CRITICAL' } };
    await publish(`GHSA-t-${count}`, { affected: [{ ...affectedBy(), ...rated }] });
    expect((await rescan()).incidents).toEqual([]);
    const { findingsVersion } = await harbour.verdicts.facts(key);
    await publish(`MAL-2026-${count}`, { aliases: [`GHSA-t-${count}`] });
    const { incidents } = await rescan();
    expect(await incidentsOn(purlOf())).toEqual(incidents);
    expect(incidents).toHaveLength(1);
    expect((await harbour.verdicts.facts(key)).findingsVersion).toBeGreaterThan(findingsVersion ?? 0);
    expect((await changesOf(key)).at(-1)?.changes).toMatchObject([
      { advisory: `GHSA-t-${count}`, change: 'worsened', severity: 'critical' },
    ]);
    await harbour.incidents.close({ incident: incidents[0] ?? '', reason: 'over', actor: 'test' });
    await publish(`MAL-2026-${count}`, { aliases: [`GHSA-t-${count}`], summary: 'again' });
    expect((await rescan()).incidents).toEqual([]);
  });

  test('opens for what is malicious though one for how grave it is was closed, and once whoever names it', async () => {
    const key = await hold('twice');
    await harbour.waitingForProd(key);
    const rated = { database_specific: { severity: 'CRITICAL' } };
    await publish(`GHSA-g-${count}`, { affected: [{ ...affectedBy(), ...rated }] });
    const [first] = (await rescan()).incidents;
    await harbour.incidents.close({ incident: first ?? '', reason: 'we can live with it', actor: 'test' });
    await publish(`MAL-2026-${count}`, { aliases: [`GHSA-g-${count}`] });
    const [second, ...more] = (await rescan()).incidents;
    expect([second === undefined, more]).toEqual([false, []]);
    await harbour.incidents.close({ incident: second ?? '', reason: 'over', actor: 'test' });
    // Its first name is another one from now on.
    await publish(`GHSA-a-${count}`, { aliases: [`MAL-2026-${count}`] });
    expect((await rescan()).incidents).toEqual([]);
    expect(await findingsOf(key)).toEqual([`GHSA-a-${count}`]);
  });

  test('opens where it becomes grave enough: rated anew, or decided where nobody could tell', async () => {
    const key = await hold('graver');
    await harbour.waitingForProd(key);
    const entry = (severity: string) => ({ affected: [{ ...affectedBy(), database_specific: { severity } }] });
    await publish(`GHSA-w-${count}`, entry('HIGH'));
    expect((await rescan()).incidents).toEqual([]);
    await publish(`GHSA-w-${count}`, entry('CRITICAL'));
    expect((await rescan()).incidents).toHaveLength(1);
  });

  test('does not open for what runs nowhere, is in another environment, or is not bad enough', async () => {
    const rests = await hold('rests');
    await harbour.push(rests);
    await publish(`MAL-2026-${count}`);
    expect((await rescan()).incidents).toEqual([]);
    nextLibrary();
    const dev = await hold('dev');
    await harbour.liveInDev(dev);
    await publish(`GHSA-a-${count}`, {
      database_specific: { severity: 'CRITICAL' },
      severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    });
    expect((await rescan()).incidents).toEqual([]);
  });

  test('is not opened beside one that is open on the same version', async () => {
    const key = await hold('open');
    await harbour.liveInDev(key);
    const { id } = await harbour.incidents.open({
      selector: { kind: 'component', value: purlOf() },
      reason: 'known already',
      actor: 'test',
    });
    await publish(`MAL-2026-${count}`);
    await rescan();
    expect(await incidentsOn(purlOf())).toEqual([id]);
  });

  test('and one that a person opens at the same moment both hold; the rescan goes through', async () => {
    const key = await hold('both');
    await harbour.liveInDev(key);
    await publish(`MAL-2026-${count}`);
    const [{ artifacts }] = await Promise.all([
      rescan(),
      harbour.incidents.open({ selector: { kind: 'digest', value: key.digest }, reason: 'by hand', actor: 'test' }),
    ]);
    expect(artifacts).toBe(1);
    expect(await incidentsOn(purlOf())).toHaveLength(1);
    const { rows } = await sql`select 1 from incident_subject where digest = ${key.digest}`.execute(own.db);
    expect(rows).toHaveLength(2);
  });
});

test('what a worker of the release before wrote is read, matched and kept from then on', async () => {
  const key = await hold('before');
  await harbour.push(key);
  await sql`insert into stock_component_before select s.digest, c.id from stock s join artifact_stock x on x.stock = s.digest
    join component c on c.purl = ${purlOf()} where x.digest = ${key.digest}`.execute(own.db);
  await sql`delete from stock_layer where stock in (select s.id from stock s join artifact_stock x on x.stock = s.digest where x.digest = ${key.digest})`.execute(
    own.db,
  );
  await sql`update stock set layered = false where digest in (select stock from artifact_stock where digest = ${key.digest})`.execute(
    own.db,
  );
  await sql`update component set package_key = null, advisory_version = null, matched_epoch = null where purl = ${purlOf()}`.execute(
    own.db,
  );
  await publish(`GHSA-a-${count}`);
  await rescan();
  expect(await findingsOf(key)).toEqual([`GHSA-a-${count}`]);
  const { rows } = await sql`select 1 from stock_component_before`.execute(own.db);
  expect(rows).toEqual([]);
});
