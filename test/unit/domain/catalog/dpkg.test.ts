import { describe, expect, test } from 'vitest';
import {
  dpkgCataloger,
  dpkgCopyrightCataloger,
  dpkgFilesCataloger,
} from '../../../../domain/catalog/dpkg/cataloger.ts';
import { parseCopyright } from '../../../../domain/catalog/dpkg/parse-copyright.ts';
import { parseMd5sums } from '../../../../domain/catalog/dpkg/parse-md5sums.ts';
import { parseStatus } from '../../../../domain/catalog/dpkg/parse-status.ts';
import { toSystemComponent } from '../../../../domain/catalog/system/package.ts';

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
        supplier: 'GNU Libc Maintainers <debian-glibc@lists.debian.org>',
        source: 'glibc',
        sourceVersion: '2.36-9+deb12u10',
        depends: ['libgcc-s1', 'libcrypt1'],
        provides: [],
        licences: [],
        files: [],
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
  expect(toSystemComponent(found, 'dpkg', { id: 'debian', versionId: '12' }, [])).toMatchObject({
    purl: 'pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12&upstream=glibc',
    ecosystem: 'Debian',
    advisoryName: 'glibc',
    advisoryVersion: '2.36-9+deb12u10',
    release: '12',
  });
  // Ubuntu's versions are its own, and so are its advisories.
  expect(toSystemComponent(found, 'dpkg', { id: 'ubuntu', versionId: '24.04' }, [])).toMatchObject({
    purl: 'pkg:deb/ubuntu/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=ubuntu-24.04&upstream=glibc',
    ecosystem: 'Ubuntu',
    release: '24.04:LTS',
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

describe('dpkgFilesCataloger', () => {
  test.each([
    ['var/lib/dpkg/info/python3-yaml.md5sums', 'python3-yaml'],
    ['var/lib/dpkg/info/libc6:amd64.md5sums', 'libc6'],
    ['var/lib/dpkg/status.d/base-files.md5sums', 'base-files'],
  ])('%s is the list of %s', (path, name) => {
    const line = '9e107d9d372bb6826bd81d3542a419d6  usr/bin/program\n';
    expect(dpkgFilesCataloger.wants(path)).toBe(true);
    expect(dpkgFilesCataloger.catalog(path, encode(line))).toEqual({
      kind: 'owned-files',
      package: name,
      files: ['usr/bin/program'],
    });
  });

  test('only what another cataloger may look into is remembered', () => {
    const md5 = '9e107d9d372bb6826bd81d3542a419d6';
    const paths = [
      'bin/bash',
      'usr/bin/python3.11',
      'usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO',
      'usr/lib/python3/dist-packages/yaml/__init__.py',
      'usr/lib/x86_64-linux-gnu/libssl.so.3',
      'usr/share/doc/python3-yaml/changelog.gz',
      'usr/share/java/guava-31.1.jar',
      'usr/share/nodejs/node_modules/semver/package.json',
    ];
    const kept = parseMd5sums(paths.map((path) => `${md5}  ${path}`).join('\n'));
    expect(kept).toEqual([paths[0], paths[1], paths[2], paths[4], paths[6], paths[7]]);
  });

  test('what is no line of a list is passed over', () => {
    expect(parseMd5sums('hello\n\u0000\n9e107d9d372bb6826bd81d3542a419d6\n')).toEqual([]);
  });
});
