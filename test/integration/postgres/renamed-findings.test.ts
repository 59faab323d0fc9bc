/** One vulnerability, of which another record speaks from some day on: what was known, told and decided stays so. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  affectedBy,
  changesOf,
  count,
  findingsOf,
  harbour,
  hold,
  incidentsOn,
  own,
  publish,
  purlOf,
  rescan,
  standOnRescans,
} from './rescan-stage.ts';

standOnRescans();

const critical = () => ({ affected: [{ ...affectedBy(), database_specific: { severity: 'CRITICAL' } }] });
const cve = () => `CVE-2026-${1000 + count}`;
const ofPypi = () => publish(`PYSEC-2026-${count}`, { ...critical(), aliases: [cve()] });
const ofGithub = () => publish(`GHSA-r-${count}`, { ...critical(), aliases: [cve(), `PYSEC-2026-${count}`] });

test('a second record of what is known tells nothing, and opens no second incident', async () => {
  const key = await hold('renamed');
  await harbour.waitingForProd(key);
  await ofPypi();
  const { incidents } = await rescan();
  expect(incidents).toHaveLength(1);
  await harbour.incidents.close({ incident: incidents[0] ?? '', reason: 'we can live with it', actor: 'test' });
  const told = (await changesOf(key)).length;
  await ofGithub();
  expect((await rescan()).incidents).toEqual([]);
  expect(await findingsOf(key)).toEqual([`GHSA-r-${count}`]);
  expect(await changesOf(key)).toHaveLength(told);
});

test('nor where it is graver under its new name', async () => {
  const key = await hold('graver');
  await harbour.waitingForProd(key);
  await ofPypi();
  const { incidents } = await rescan();
  await harbour.incidents.close({ incident: incidents[0] ?? '', reason: 'we can live with it', actor: 'test' });
  await sql`update component_finding set body = jsonb_set(body, '{severity}', '"high"')
    where advisory = ${`PYSEC-2026-${count}`}`.execute(own.db);
  await ofGithub();
  expect((await rescan()).incidents).toEqual([]);
  expect((await changesOf(key)).at(-1)?.changes).toMatchObject([
    { advisory: `GHSA-r-${count}`, change: 'worsened', severity: 'critical' },
  ]);
});

test('what is malicious opens one, though one for the same record was closed under another name', async () => {
  const key = await hold('malicious');
  await harbour.waitingForProd(key);
  await ofGithub();
  const { incidents } = await rescan();
  await harbour.incidents.close({ incident: incidents[0] ?? '', reason: 'we can live with it', actor: 'test' });
  await publish(`MAL-2026-${count}`, { aliases: [`GHSA-r-${count}`] });
  expect((await rescan()).incidents).toHaveLength(1);
});

test('what was found and told nobody is told by its new name, and opens by it', async () => {
  const key = await hold('untold');
  await harbour.waitingForProd(key);
  await ofPypi();
  await rescan();
  const [incident = ''] = await incidentsOn(purlOf());
  await harbour.incidents.close({ incident, reason: 'over', actor: 'test' });
  await sql`delete from finding_incident where purl = ${purlOf()}`.execute(own.db);
  await sql`update finding_change set told_at = null where advisory = ${`PYSEC-2026-${count}`}`.execute(own.db);
  await ofGithub();
  expect((await rescan()).incidents).toHaveLength(1);
  expect((await changesOf(key)).at(-1)?.changes).toMatchObject([{ advisory: `GHSA-r-${count}`, change: 'appeared' }]);
});

test('an incident that is due opens by the new name', async () => {
  const key = await hold('due');
  await harbour.waitingForProd(key);
  await ofPypi();
  await rescan();
  const [incident = ''] = await incidentsOn(purlOf());
  await harbour.incidents.close({ incident, reason: 'over', actor: 'test' });
  await sql`delete from finding_incident where purl = ${purlOf()}`.execute(own.db);
  await ofGithub();
  await sql`insert into finding_incident_due (purl, advisory, severity, is_new, is_exploited)
    values (${purlOf()}, ${`PYSEC-2026-${count}`}, 'critical', true, false)`.execute(own.db);
  expect((await rescan()).incidents).toHaveLength(1);
  const { rows } = await sql`select from finding_incident_due`.execute(own.db);
  expect(rows).toEqual([]);
});
