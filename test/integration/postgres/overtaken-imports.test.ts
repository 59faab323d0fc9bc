/** Imports that another one overtakes: begun before it, in force after it. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createAdvisoryImports } from '../../../adapters/postgres/advisory-imports.ts';
import { createThreatImports } from '../../../adapters/postgres/threat-imports.ts';
import {
  affectedBy,
  changesOf,
  count,
  findingsOf,
  generationsOf,
  harbour,
  hold,
  own,
  rescan,
  standOnRescans,
} from './rescan-stage.ts';

standOnRescans();

const none = { count: 0, first: [] };
const modified = '2026-01-02T00:00:00Z';
const elsewhere = { ...affectedBy(), package: { ecosystem: 'npm', name: 'elsewhere' } };

async function begin(id: string, affected: object) {
  const imports = createAdvisoryImports(own.db);
  const epoch = await imports.begin('test', 'test');
  await imports.stage(epoch, [{ id, modified, affected: [affected] }]);
  return { epoch, activate: () => imports.activate(epoch, none), fail: () => imports.fail(epoch, 'broken off') };
}

const stateOf = async (epoch: number) =>
  (await own.db.selectFrom('advisory_epoch').select('state').where('id', '=', epoch).execute()).map(
    ({ state }) => state,
  );
const inForce = async () =>
  (await sql<{ epoch: number }>`select epoch from advisory_state`.execute(own.db)).rows[0]?.epoch ?? 0;

test('what it brings is found in what runs, though a rescan went through the later one before', async () => {
  const key = await hold('runs');
  await harbour.liveInDev(key);
  const slow = await begin(`GHSA-slow-${count}`, affectedBy());
  const quick = await begin(`GHSA-quick-${count}`, elsewhere);
  await quick.activate();
  await rescan();
  const { epoch } = await slow.activate();
  expect(epoch).toBeGreaterThan(quick.epoch);
  expect(await inForce()).toBe(epoch);
  expect(await rescan()).toMatchObject({ epoch, versions: 1, changes: 1, artifacts: 1 });
  expect(await findingsOf(key)).toEqual([`GHSA-slow-${count}`]);
  expect(await changesOf(key)).toMatchObject([{ epoch, changes: [{ change: 'appeared' }] }]);
  expect(await generationsOf(key)).toEqual(['push', 'advisories']);
});

test('the later one is matched too, where both are in force before anybody looks', async () => {
  const key = await hold('both');
  const slow = await begin(`GHSA-slow-${count}`, elsewhere);
  const quick = await begin(`GHSA-quick-${count}`, affectedBy());
  await quick.activate();
  await slow.activate();
  await rescan();
  expect(await findingsOf(key)).toEqual([`GHSA-quick-${count}`]);
});

test('a catalogue of what is attacked that is in force after a later import is told of', async () => {
  const key = await hold('attacked');
  await harbour.liveInDev(key);
  const cve = `CVE-2026-${String(count).padStart(5, '0')}`;
  const imports = createAdvisoryImports(own.db);
  const catalogue = await imports.begin('kev', 'test');
  const known = await imports.begin('test', 'test');
  await imports.stage(known, [{ id: `GHSA-k-${count}`, aliases: [cve], modified, affected: [affectedBy()] }]);
  await imports.activate(known, none);
  await rescan();
  const entries = new Map([[cve, { added: '2026-01-01', due: '2026-02-01', ransomware: false }]]);
  await createThreatImports(own.db).activate(catalogue, { kind: 'kev', entries }, none);
  expect(await rescan()).toMatchObject({ changes: 1 });
  expect((await changesOf(key)).at(-1)).toMatchObject({ changes: [{ change: 'exploited' }] });
});

test('under its old number it has ended: a second try is refused, and fails nothing', async () => {
  const slow = await begin(`GHSA-slow-${count}`, elsewhere);
  await (await begin(`GHSA-quick-${count}`, elsewhere)).activate();
  const { epoch } = await slow.activate();
  expect([await stateOf(slow.epoch), await stateOf(epoch)]).toEqual([[], ['active']]);
  await expect(slow.activate()).rejects.toThrow(`epoch ${slow.epoch} of advisories has ended: import again`);
  await slow.fail();
  expect(await stateOf(epoch)).toEqual(['active']);
});
