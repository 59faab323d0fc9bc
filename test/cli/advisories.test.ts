/** `pratique advisories`: what is brought is what is scanned with, whole or not at all. */
import { cpSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeZip } from '../unit/adapters/osv/make-zip.ts';
import { VULNERABLE, workplace } from './workplace.ts';

describe('advisories', () => {
  const record = (id: string, name: string) =>
    Buffer.from(
      JSON.stringify({
        id,
        modified: '2025-01-01T00:00:00Z',
        affected: [{ package: { ecosystem: 'npm', name }, versions: ['1.3.0'] }],
        database_specific: { severity: 'CRITICAL' },
      }),
    );

  test('what was synced is what is scanned with, and status says so', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write('feed/npm/all.zip', makeZip([{ name: 'GHSA-1.json', bytes: record('GHSA-1', 'left-pad') }]));
    expect((await run('advisories', 'status')).out).toContain('the seed of this release');
    expect(await run('advisories', 'sync', '--from', 'feed')).toMatchObject({
      exit: 0,
      out: '1 added, 0 updated, 0 unchanged, 0 rejected\n',
    });
    const status = await run('advisories', 'status', '--json');
    expect(JSON.parse(status.out)).toMatchObject({ kind: 'synced', records: 1, syncedAt: '2026-01-02T03:04:05.000Z' });
    const scan = await run('scan', 'shop', '--fail-on', 'critical', '--json');
    expect(scan.exit).toBe(1);
    expect(JSON.parse(scan.out).platforms[0].findings).toMatchObject([{ advisory: 'GHSA-1', name: 'left-pad' }]);
  });

  test('a damaged feed changes nothing, a rejected record is told', async () => {
    const { run, write } = workplace();
    const zip = makeZip([
      { name: 'GHSA-1.json', bytes: record('GHSA-1', 'left-pad') },
      { name: 'GHSA-2.json', bytes: Buffer.from('{}') },
    ]);
    write('all.zip', zip);
    const first = await run('advisories', 'sync', '--from', 'all.zip');
    expect(first).toMatchObject({ exit: 0, out: '1 added, 0 updated, 0 unchanged, 1 rejected\n' });
    expect(first.err).toContain('all.zip!GHSA-2.json: id: ');
    write('broken.zip', zip.subarray(0, zip.length - 10));
    expect(await run('advisories', 'sync', '--from', 'broken.zip', '--json')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('"FEED_UNREADABLE"'),
    });
    expect((await run('advisories', 'status')).out).toMatch(/synced: 1 advisories/);
  });

  test('what is known of attacks is on the findings', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write('epss.csv', 'cve,epss,percentile\nCVE-2021-23337,0.0123,0.5\n');
    const kev = { cveID: 'CVE-2021-23337', dateAdded: '2024-04-01', knownRansomwareCampaignUse: 'Known' };
    write('kev.json', JSON.stringify({ catalogVersion: '1', vulnerabilities: [kev] }));
    expect((await run('advisories', 'sync', '--from', 'epss.csv')).exit).toBe(2);
    const seed = path.resolve(import.meta.dirname, '../../infra/advisories');
    await run('advisories', 'sync', '--from', seed);
    expect((await run('advisories', 'sync', '--from', 'epss.csv')).out).toBe('1 EPSS scores, 0 rejected\n');
    expect((await run('advisories', 'sync', '--from', 'kev.json')).out).toContain('1 known exploited');
    expect((await run('scan', 'shop')).out).toMatch(/\(CVE-2021-23337\) +exploited \(ransomware\), EPSS 1\.2% /);
    const status = JSON.parse((await run('advisories', 'status', '--json')).out);
    expect(status.epochs.map(({ kind }: { kind: string }) => kind)).toEqual(['kev', 'epss', 'records']);
    write('epss.csv', 'something else');
    expect((await run('advisories', 'sync', '--from', 'epss.csv')).exit).toBe(3);
    expect((await run('scan', 'shop')).out).toContain('EPSS 1.2%');
  });

  test('a sync that failed is heard of until one succeeds', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    const zip = makeZip([{ name: 'GHSA-1.json', bytes: record('GHSA-1', 'left-pad') }]);
    write('all.zip', zip);
    await run('advisories', 'sync', '--from', 'all.zip');
    write('all.zip', zip.subarray(0, zip.length - 10));
    expect((await run('advisories', 'sync', '--from', 'all.zip')).exit).toBe(3);
    for (const command of [
      ['scan', 'shop'],
      ['advisories', 'status'],
    ])
      expect((await run(...command)).err).toMatch(
        /sync of 2026-01-02T03:04:05\.000Z .*FAILED.*not a complete zip archive/,
      );
    write('all.zip', zip);
    await run('advisories', 'sync', '--from', 'all.zip');
    expect((await run('scan', 'shop')).err).not.toContain('FAILED');
  });

  test('a first sync that failed is heard of beside the seed, with the command that brings a feed in here', async () => {
    const { run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    write('bad.zip', 'no zip');
    expect((await run('advisories', 'sync', '--from', 'bad.zip', '--local')).exit).toBe(3);
    const seed = path.join(import.meta.dirname, '../../infra/advisories');
    const { err } = await run('scan', 'shop');
    expect(err).toMatch(/sync of 2026-01-02T03:04:05\.000Z FAILED/);
    expect(err).toContain('pratique advisories sync --from DIR|ZIP|URL --local');
    expect((await run('scan', 'shop', '--advisories', seed)).err).not.toContain('FAILED');
  });

  test('a feed without a record is no success', async () => {
    const { run, write } = workplace();
    write('feed/x.json', '{}');
    expect(await run('advisories', 'sync', '--from', 'feed')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('x.json: id: '),
    });
    expect((await run('advisories', 'status')).out).toContain('the seed of this release');
    expect((await run('advisories', 'sync')).exit).toBe(2);
  });

  test('a second scan with the same folder does not read it again', async () => {
    const { folder, run, write } = workplace();
    write('shop/package-lock.json', VULNERABLE);
    cpSync(path.resolve(import.meta.dirname, '../../infra/advisories'), path.join(folder, 'feed'), { recursive: true });
    await run('scan', 'shop', '--advisories', 'feed');
    const started = performance.now();
    expect((await run('scan', 'shop', '--advisories', 'feed')).exit).toBe(0);
    expect(performance.now() - started).toBeLessThan(1500);
  });
});
