import { describe, expect, test } from 'vitest';
import { dpkgCataloger, dpkgCopyrightCataloger } from '../../../../domain/catalog/dpkg/cataloger.ts';
import { toDpkgComponent } from '../../../../domain/catalog/dpkg/package.ts';
import { parseCopyright } from '../../../../domain/catalog/dpkg/parse-copyright.ts';
import { parseStatus } from '../../../../domain/catalog/dpkg/parse-status.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const libc = `Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Multi-Arch: same
Source: glibc (2.36-9+deb12u10)
Version: 2.36-9+deb12u10
Depends: libgcc-s1, libcrypt1 (>= 1:4.4.10-10~)
Description: GNU C Library: Shared libraries
 Contains the standard libraries.
 .
 More of them.
`;

describe('parseStatus', () => {
  test('a package as dpkg writes it', () => {
    expect(parseStatus(libc)).toEqual([
      {
        name: 'libc6',
        version: '2.36-9+deb12u10',
        architecture: 'amd64',
        maintainer: 'GNU Libc Maintainers <debian-glibc@lists.debian.org>',
        source: 'glibc',
        sourceVersion: '2.36-9+deb12u10',
        depends: ['libgcc-s1', 'libcrypt1'],
        provides: [],
      },
    ]);
  });

  test.each([
    ['install ok installed', true],
    ['hold ok installed', true],
    ['install ok half-configured', true],
    ['install ok unpacked', true],
    ['deinstall ok config-files', false],
    ['purge ok not-installed', false],
  ])('status "%s": listed is %s', (status, listed) => {
    expect(parseStatus(`Package: a\nStatus: ${status}\nVersion: 1\n`)).toHaveLength(listed ? 1 : 0);
  });

  test.each([
    // A binary rebuilt without source changes keeps its source's version in the Source field.
    ['Source: bash (5.2.15-2)\nVersion: 5.2.15-2+b7', 'bash', '5.2.15-2'],
    ['Source: util-linux\nVersion: 2.38', 'util-linux', '2.38'],
    ['Version: 1.0', 'a', '1.0'],
  ])('%j', (fields, source, sourceVersion) => {
    expect(parseStatus(`Package: a\n${fields}\n`)[0]).toMatchObject({ source, sourceVersion });
  });

  test('alternatives stay together, architectures and versions do not', () => {
    const fields = 'Pre-Depends: init-system-helpers (>= 1.54~)\nDepends: python3:any, awk | mawk (>= 1), perl [amd64]';
    expect(parseStatus(`Package: a\nVersion: 1\n${fields}\n`)[0]?.depends).toEqual([
      'init-system-helpers',
      'python3',
      'awk|mawk',
      'perl',
    ]);
  });

  test('CRLF line ends', () => {
    expect(parseStatus(libc.replaceAll('\n', '\r\n'))[0]?.version).toBe('2.36-9+deb12u10');
  });

  test.each([
    ['no package', 'Hello: world\n', /without a Package/],
    ['cut between fields', 'Package: a\nStatus: install ok installed\n', /cut off/],
  ])('%s is refused', (_name, text, message) => {
    expect(() => parseStatus(text)).toThrow(message);
  });
});

describe('dpkgCataloger', () => {
  test.each([
    ['var/lib/dpkg/status', true],
    ['var/lib/dpkg/status.d/base-files', true],
    ['var/lib/dpkg/status.d/base-files.md5sums', false],
    ['var/lib/dpkg/status-old', false],
    ['home/var/lib/dpkg/status', false],
  ])('wants %s: %s', (path, wanted) => {
    expect(dpkgCataloger.wants(path)).toBe(wanted);
  });

  test('a database cut in the middle of a line is no database', () => {
    expect(() => dpkgCataloger.catalog('var/lib/dpkg/status', encode(libc.slice(0, 300)))).toThrow(/cut off/);
  });
});

test('advisories ask for the source package; the purl is the binary’s, with its distribution', () => {
  const [found] = parseStatus(libc);
  if (found === undefined) throw new Error('no package');
  expect(toDpkgComponent(found, { id: 'debian', versionId: '12' }, [])).toMatchObject({
    purl: 'pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12',
    ecosystem: 'Debian',
    advisoryName: 'glibc',
    advisoryVersion: '2.36-9+deb12u10',
    release: '12',
  });
  // Ubuntu's versions are its own: Debian's advisories would be wrong about them.
  expect(toDpkgComponent(found, { id: 'ubuntu', versionId: '24.04' }, [])).toMatchObject({
    purl: 'pkg:deb/ubuntu/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=ubuntu-24.04',
    ecosystem: 'generic',
  });
});

describe('parseCopyright', () => {
  const dep5 = (licence: string): string =>
    `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: ${licence}\n text\n`;

  test.each([
    ['GPL-2+', 'GPL-2.0-or-later'],
    ['LGPL-2.1', 'LGPL-2.1-only'],
    ['Expat', 'MIT'],
    ['GPL-2+ and (Expat or BSD-3-clause)', 'GPL-2.0-or-later AND (MIT OR BSD-3-Clause)'],
    ['Apache-2.0', 'Apache-2.0'],
  ])('%s is %s', (short, expression) => {
    expect(parseCopyright(dep5(short))).toEqual([{ kind: 'expression', expression }]);
  });

  test('what SPDX has no name for stays as it is written', () => {
    expect(parseCopyright(dep5('public-domain'))).toEqual([{ kind: 'unresolved', text: 'public-domain' }]);
  });

  test('prose is not guessed at', () => {
    expect(parseCopyright('This package is GPL-2, see /usr/share/common-licenses/GPL-2.\nLicense: GPL\n')).toEqual([]);
    expect(dpkgCopyrightCataloger.catalog('usr/share/doc/a/copyright', encode('free software'))).toBeUndefined();
  });
});
