/** After the matcher has changed, everything is matched again, and nothing is missed or unknown meanwhile. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { createPostgresAdvisories } from '../../../adapters/postgres/advisory-database.ts';
import { MATCH_VERSION } from '../../../domain/advisory/match-version.ts';
import type { Digest } from '../../../domain/artifact/digest.ts';
import type { Stock } from '../../../domain/sbom/component.ts';
import { type PrepareContext, prepareLanes } from '../../../infra/dev/prepare.ts';
import { heldTransaction } from '../../database.ts';
import { findingChanges } from './findings-told.ts';
import { digestOf } from './harbour.ts';
import {
  count,
  findingsOf,
  harbour,
  hold,
  nameOf,
  nextLibrary,
  own,
  publish,
  purlOf,
  rescan,
  rescans,
  standOnRescans,
  stockOf,
} from './rescan-stage.ts';

standOnRescans();

describe('after the matcher has changed', () => {
  test('every version is matched again under names that are normalised anew, and what differs is told', async () => {
    const key = await hold('rematched');
    await harbour.liveInDev(key);
    const id = `GHSA-a-${count}`;
    await publish(id);
    await rescan();
    // As a matcher of before left it: another name, and nothing found.
    await sql`update advisory_package set name = 'another' where advisory = ${id}`.execute(own.db);
    await sql`update component set package_key = 'another' where purl = ${purlOf()}`.execute(own.db);
    await sql`delete from component_finding where advisory = ${id}`.execute(own.db);
    await sql`delete from finding_change where advisory = ${id}`.execute(own.db);
    await rescan();
    expect(await findingsOf(key)).toEqual([]);
    await sql`update rescan_state set match_version = 1`.execute(own.db);
    await rescan();
    expect(await findingsOf(key)).toEqual([id]);
    const { rows } =
      await sql`select change from finding_change where advisory = ${id} and told_at is not null`.execute(own.db);
    expect(rows).toEqual([{ change: 'appeared' }]);
    expect(await sql`select name from advisory_package where advisory = ${id}`.execute(own.db)).toMatchObject({
      rows: [{ name: nameOf() }],
    });
    const { rows: states } = await sql`select match_version from rescan_state`.execute(own.db);
    expect(states).toEqual([{ match_version: MATCH_VERSION }]);
  });

  test('what was looked up under the names of before is looked up again', async () => {
    const key = await hold('looked-up');
    await publish(`GHSA-a-${count}`);
    await rescan();
    await sql`update advisory_package set name = 'another' where name = ${nameOf()}`.execute(own.db);
    await sql`update rescan_state set match_version = 1`.execute(own.db);
    const advisories = createPostgresAdvisories(own.db);
    const lookUp = async () => {
      await advisories.state();
      return [...(await advisories.lookup('npm', [nameOf()])).keys()];
    };
    expect(await lookUp()).toEqual([]);
    await rescan();
    expect(await lookUp()).toEqual([nameOf()]);
    expect(await findingsOf(key)).toEqual([`GHSA-a-${count}`]);
  });

  test('names are normalised before any service starts, once for each version', async () => {
    const key = await hold('named');
    await publish(`GHSA-a-${count}`);
    const named = async () => {
      const { rows } = await sql<{ name: string }>`
        select name from advisory_package where advisory = ${`GHSA-a-${count}`}`.execute(own.db);
      return rows.map(({ name }) => name);
    };
    const spoil = () =>
      sql`update advisory_package set name = 'another' where advisory = ${`GHSA-a-${count}`}`.execute(own.db);
    await spoil();
    await sql`update rescan_state set match_version = 1, named_version = 1`.execute(own.db);
    const schema = prepareLanes.flat().find(({ name }) => name === 'database schema')!;
    const logged: string[] = [];
    const context = { connection: { databaseUrl: own.url }, log: (line: string) => void logged.push(line) };
    await schema.run(context as unknown as PrepareContext);
    expect(await named()).toEqual([nameOf()]);
    expect(logged).toEqual(['normalised the names of advisories anew']);
    await spoil();
    await schema.run(context as unknown as PrepareContext);
    expect(await named()).toEqual(['another']);
    // What a service of before brought in since.
    await rescan();
    expect(await named()).toEqual([nameOf()]);
    expect(await findingsOf(key)).toEqual([`GHSA-a-${count}`]);
  });

  test('nothing is unknown while it is matched again', async () => {
    const key = await hold('meanwhile');
    await publish(`GHSA-a-${count}`);
    await rescan();
    await sql`update rescan_state set match_version = 1`.execute(own.db);
    const activation = await heldTransaction(own.db, (trx) =>
      sql`select 1 from advisory_state for update`.execute(trx),
    );
    const running = rescan();
    await own.blocked(1);
    const { platforms, scan } = await harbour.verdicts.facts({ repository: 'any', digest: key.digest });
    await activation.commit();
    await running;
    expect(scan).toBeDefined();
    expect(platforms.flatMap(({ findings }) => findings)).toMatchObject([{ advisory: `GHSA-a-${count}` }]);
  });

  test('a try that ended on the way is gone on with', async () => {
    const key = await hold('gone-on');
    await publish(`GHSA-a-${count}`);
    await rescan();
    await sql`
      insert into component (purl, ecosystem, advisory_name, name, version, advisory_version, package_key, matched_epoch)
      select 'pkg:npm/many@' || n, 'npm', 'many', 'many', n::text, n::text, 'many', 0 from generate_series(1, 1001) n`.execute(
      own.db,
    );
    await sql`update rescan_state set match_version = 1`.execute(own.db);
    let places: string[] = [];
    const dying = rescans.rescan((place) => {
      places.push(place);
      if (places.filter((one) => one.startsWith('matching versions')).length === 2) throw new Error('the worker died');
    });
    await expect(dying).rejects.toThrow('the worker died');
    const reached = places.at(-1);
    places = [];
    await rescans.rescan((place) => void places.push(place));
    expect(places.find((one) => one.startsWith('naming'))).toBeUndefined();
    expect(places.find((one) => one.startsWith('matching versions'))).toBe(reached);
    expect(reached).not.toBe('matching versions after 0 again');
    expect(await findingsOf(key)).toEqual([`GHSA-a-${count}`]);
  });

  test('what a cataloger says otherwise of a known version is matched, wherever that version is', async () => {
    const key = await hold('corrected');
    await publish(`GHSA-a-${count}`);
    await rescan();
    const stored = await record(correction());
    // What was found before counts until then.
    expect(await findingsOf(key)).toEqual([`GHSA-a-${count}`]);
    await harbour.stocks.scanStock(stored);
    expect(await findingsOf(key)).toEqual([]);
    const { rows } = await sql`
      select f.change from finding_change f join component c on c.id = f.component
      where c.purl = ${purlOf()} and f.told_at is null`.execute(own.db);
    expect(rows).toEqual([{ change: 'gone' }]);
  });

  test('what is matched while others are told is told by the next rescan', async () => {
    const key = await hold('late');
    await harbour.liveInDev(key);
    await publish(`GHSA-a-${count}`);
    await rescan();
    const [corrected, late] = [correction(), purlOf()];
    nextLibrary();
    const other = await hold('told');
    await harbour.liveInDev(other);
    await publish(`GHSA-b-${count}`);
    const events = await heldTransaction(own.db, (trx) => sql`lock table outbox in exclusive mode`.execute(trx));
    const running = rescan();
    await own.blocked(1);
    await harbour.stocks.scanStock(await record(corrected));
    await events.commit();
    await running;
    const untold = async () => {
      const { rows } = await sql`
        select f.change from finding_change f join component c on c.id = f.component
        where c.purl = ${late} and f.told_at is null`.execute(own.db);
      return rows;
    };
    expect(await untold()).toEqual([{ change: 'gone' }]);
    await rescan();
    expect(await untold()).toEqual([]);
    expect((await findingChanges(own.db, key)).at(-1)).toMatchObject({ changes: [{ change: 'gone' }] });
  });
});

/** Of this test's library, as a cataloger that says another version. */
function correction(): Stock {
  const [known] = stockOf('corrected').components;
  return { components: [{ ...known!, advisoryVersion: '3.0.0' }], unreadable: [], complete: true };
}

/** Of another artifact; not scanned. */
async function record(stock: Stock): Promise<Digest> {
  const digest = digestOf(`other ${count}`);
  const [stored] = await harbour.stocks.record(digest, [
    { digest, platform: 'linux/amd64', stock, failure: undefined },
  ]);
  return stored!.stock!;
}
