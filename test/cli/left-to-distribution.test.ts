import { describe, expect, test } from 'vitest';
import { workplace } from './workplace.ts';

const DEB = 'pkg:deb/debian/python3-urllib3@1.26.12-1%2Bdeb12u1?arch=all&distro=debian-12&upstream=python-urllib3';
const PURL = 'pkg:pypi/urllib3@1.26.12';
const PLACE = 'usr/lib/python3/dist-packages';

const record = (id: string, ecosystem: string, name: string, fixed: string) =>
  JSON.stringify({
    ...{ id, modified: '2024-01-01T00:00:00Z', aliases: ['CVE-2023-43804'] },
    affected: [
      { package: { ecosystem, name }, ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }] },
    ],
    database_specific: { severity: 'HIGH' },
  });

/** A system as Debian 12 installs it: dpkg's status and file list, and what Python knows of the package. */
function rootfs() {
  const place = workplace();
  const { write } = place;
  write('root/etc/os-release', 'ID=debian\nVERSION_ID="12"\n');
  write(
    'root/var/lib/dpkg/status',
    'Package: python3-urllib3\nStatus: install ok installed\nArchitecture: all\nSource: python-urllib3\nVersion: 1.26.12-1+deb12u1\n',
  );
  const metadata = `${PLACE}/urllib3-1.26.12.dist-info/METADATA`;
  write('root/var/lib/dpkg/info/python3-urllib3.md5sums', `d41d8cd98f00b204e9800998ecf8427e  ${metadata}\n`);
  write(`root/${metadata}`, 'Metadata-Version: 2.1\nName: urllib3\nVersion: 1.26.12\n');
  write('feed/GHSA-v845.json', record('GHSA-v845', 'PyPI', 'urllib3', '1.26.17'));
  write('feed/DSA-1.json', record('DSA-1', 'Debian:12', 'python-urllib3', '1.26.12-1+deb12u1'));
  const scan = async (...options: string[]) => {
    const { out } = await place.run('scan', 'root', '--advisories', 'feed', '--json', ...options);
    const [platform] = (JSON.parse(out) as { platforms: { findings: { advisory: string }[]; left?: object[] }[] })
      .platforms;
    return { found: platform?.findings.map(({ advisory }) => advisory), left: platform?.left };
  };
  return { ...place, scan };
}

describe('a package of Python that Debian installed', () => {
  test('is Debian’s to fix, and its backport no vulnerability; the scan says so', async () => {
    const { run, scan } = rootfs();
    expect(await scan()).toEqual({ found: [], left: [{ purl: PURL, distribution: 'Debian:12', package: DEB }] });
    const said = '1 component is left to the advisories of Debian:12, whose packages brought it.';
    for (const format of ['table', 'markdown'])
      expect(await run('scan', 'root', '--advisories', 'feed', '-o', format, '--fail-on', 'low')).toMatchObject({
        exit: 0,
        out: expect.stringContaining(said),
      });
  });

  test('is a finding of Debian’s where Debian says so, and no second one of upstream’s', async () => {
    const { write, scan } = rootfs();
    write('feed/DSA-1.json', record('DSA-1', 'Debian:12', 'python-urllib3', '1.26.12-1+deb12u2'));
    expect((await scan()).found).toEqual(['DSA-1']);
  });

  test.each<[string, (write: (name: string, text: string) => void) => void]>([
    [
      'pip wrote over it',
      (write) => write(`root/${PLACE}/urllib3-1.26.12.dist-info/METADATA`, 'Name: urllib3\nVersion: 1.26.13\n'),
    ],
    [
      'somebody has a copy besides',
      (write) => write('root/opt/app/urllib3-1.26.12.dist-info/METADATA', 'Name: urllib3\nVersion: 1.26.12\n'),
    ],
    [
      'there are no advisories of its release',
      (write) => write('feed/DSA-1.json', record('DSA-1', 'Debian:11', 'python-urllib3', '1')),
    ],
    ['it is malicious', (write) => write('feed/GHSA-v845.json', record('MAL-2024-1', 'PyPI', 'urllib3', '1.26.17'))],
  ])('is matched with its own records where %s', async (_, change) => {
    const { write, scan } = rootfs();
    change(write);
    expect((await scan()).found).toHaveLength(1);
  });

  test('is explained, by advisory and by component', async () => {
    const { run, write } = rootfs();
    const explain = () => run('scan', 'root', '--advisories', 'feed', '--explain', 'GHSA-v845');
    expect((await explain()).out).toContain(
      `GHSA-v845: ${PURL}: left: ${DEB} installed it: the advisories of Debian:12`,
    );
    const { out } = await run('sbom', 'root', '--explain', PURL);
    expect(out).toMatch(/installed by +pkg:deb\/debian\/python3-urllib3@.*\n +left to the advisories of Debian:12/);
    write(`root/${PLACE}/urllib3-1.26.12.dist-info/METADATA`, 'Name: urllib3\nVersion: 1.26.13\n');
    expect((await explain()).out).toContain('not left to a distribution: pkg:deb/debian/python3-urllib3');
    expect((await run('sbom', 'root', '--explain', 'urllib3')).out).toContain('is of another version');
  });

  test('is no new vulnerability to a comparison', async () => {
    const { run, write } = rootfs();
    write('empty/package-lock.json', '{"lockfileVersion": 3, "packages": {}}');
    const { exit, err } = await run('diff', 'empty', 'root', '--advisories', 'feed', '--fail-on', 'advisory');
    expect({ exit, err }).toMatchObject({
      exit: 0,
      err: expect.stringContaining('left to the advisories of Debian:12'),
    });
  });

  test('is left as well where an SBOM of ours says so', async () => {
    const { run } = rootfs();
    await run('sbom', 'root', '-o', 'cyclonedx-json=root.cdx.json');
    const { out } = await run('scan', 'root.cdx.json', '--advisories', 'feed', '--json');
    expect(JSON.parse(out)).toMatchObject({ platforms: [{ findings: [], left: [{ purl: PURL, package: DEB }] }] });
  });
});
