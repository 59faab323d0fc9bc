import { describe, expect, test } from 'vitest';
import { knownBinaryCataloger } from '../../../../domain/catalog/known-binary/cataloger.ts';
import { goToolchainCataloger, javaReleaseCataloger } from '../../../../domain/catalog/known-binary/release-files.ts';
import { signatures } from '../../../../domain/catalog/known-binary/signatures.ts';
import { scanExecutable } from '../../../fixtures/catalog/scan-executable.ts';

// Path, what stands in the program of Debian 12 (or, where noted, upstream's build), name and version.
const programs: readonly [string, string, string, string][] = [
  ['bin/bash', '@(#)Bash version 5.2.15(1) release GNU', 'bash', '5.2.15'],
  ['bin/busybox', 'BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1)', 'busybox', '1.35.0'],
  ['usr/bin/curl', '\0curl/7.88.1\0', 'curl', '7.88.1'],
  ['usr/lib/libcurl.so.4.8.0', 'CLIENT libcurl 7.88.1\0libcurl/7.88.1\0', 'curl', '7.88.1'],
  ['lib/libexpat.so.1.8.10', 'expat_2.5.0\0', 'expat', '2.5.0'],
  ['usr/bin/git', '\xff\xfegit/2.39.5\0GIT_USER_AGENT\x002.39.5\0', 'git', '2.39.5'],
  [
    'lib/x86_64-linux-gnu/libc.so.6',
    'GNU C Library (Debian GLIBC 2.36-9+deb12u14) stable release version 2.36.\n',
    'glibc',
    '2.36',
  ],
  ['usr/sbin/haproxy', ' version 2.6.12-1+deb12u4, released 2026/10/17', 'haproxy', '2.6.12'],
  ['usr/sbin/apache2', 'Apache/2\0Apache/2.4\0Apache/2.4.71 (Debian)\0', 'httpd', '2.4.71'],
  ['usr/bin/lua5.3', '$LuaVersion: Lua 5.3.6  Copyright (C) 1994-2020 Lua.org, PUC-Rio $', 'lua', '5.3.6'],
  ['usr/sbin/mariadbd', 'instead of MariaDB-5.3\x0010.11.19-MariaDB\0', 'mariadb', '10.11.19'],
  ['usr/bin/memcached', 'memcached 1.6.18\0', 'memcached', '1.6.18'],
  ['lib/ld-musl-x86_64.so.1', 'musl libc (x86_64)\nVersion %s\n\x001.2.4\0', 'musl', '1.2.4'],
  // Oracle's build has the folder it was built in.
  ['usr/sbin/mysqld', '/export/home/pb2/build/sb_0/mysql-8.0.35/sql/mysqld.cc\0', 'mysql', '8.0.35'],
  ['usr/sbin/nginx', 'nginx version: nginx/1.22.1\0', 'nginx', '1.22.1'],
  ['usr/bin/node', 'node.js/v18.20.4\0', 'node', '18.20.4'],
  ['usr/local/openresty/nginx/sbin/nginx', 'nginx version: openresty/1.25.3.1\0', 'openresty', '1.25.3.1'],
  ['usr/sbin/sshd', 'OpenSSH_9.2p1\0', 'openssh', '9.2p1'],
  ['usr/bin/openssl', '\0OpenSSL 3.0.22 25 Aug 2026\0', 'openssl', '3.0.22'],
  ['usr/lib/libcrypto.so.1.1', 'OpenSSL 1.1.1w  11 Sep 2023\0', 'openssl', '1.1.1w'],
  // Red Hat marks its builds.
  [
    'usr/lib64/libcrypto.so.1.1.1k',
    'OpenSSL 1.1.1k  FIPS 25 Mar 2021\0OpenSSL 1.1.1k 25 Mar 2021',
    'openssl',
    '1.1.1k',
  ],
  ['usr/bin/perl', '_INTERNAL_RAND_SEED\0v5.36.0\0panic', 'perl', '5.36.0'],
  ['usr/bin/php8.2', 'X-Powered-By: PHP/8.2.36\0', 'php', '8.2.36'],
  [
    'usr/lib/postgresql/15/bin/postgres',
    'postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n',
    'postgresql',
    '15.20',
  ],
  ['usr/bin/python3.11', '\x003.11.\0 and \x003.11.2\0', 'python', '3.11.2'],
  ['usr/lib/libpython3.13.so.1.0', '\x003.13.0rc1\0', 'python', '3.13.0rc1'],
  ['opt/python/lib/libpython3.11.so.1.0', '/opt/python/3.11.7\0EXEC_PREFIX', 'python', '3.11.7'],
  ['usr/bin/redis-server', 'A7.0.151790282056000000000\0', 'redis', '7.0.15'],
  ['usr/local/bin/redis-server', '\x007.2.3buildkitsandbox-1699377218000000000\0', 'redis', '7.2.3'],
  [
    'usr/lib/libruby-3.1.so.3.1.2',
    'ruby 3.1.2p20 (2022-04-12 revision 4491bb740a) [x86_64-linux-gnu]',
    'ruby',
    '3.1.2',
  ],
  ['usr/lib/libsqlite3.so.0.8.6', '\x003.40.1\0', 'sqlite', '3.40.1'],
  ['lib/libz.so.1.2.13', ' deflate 1.2.13 Copyright 1995-2022', 'zlib', '1.2.13'],
];

const program = (text: string): Uint8Array => Uint8Array.from(Buffer.from(`\x7fELF${text}`, 'latin1'));

describe('knownBinaryCataloger', () => {
  test.each(programs)('%s with %j is %s %s', (path, text, name, version) => {
    const found = scanExecutable(knownBinaryCataloger, program(text), { path });
    expect(found).toMatchObject([{ purl: `pkg:generic/${name}@${version}`, foundBy: 'known-binary' }]);
    expect(found[0]?.confidence).toBeGreaterThanOrEqual(0.5);
    expect(found[0]?.confidence).toBeLessThan(1);
  });

  test('every signature has a program here', () => {
    expect(new Set(programs.map(([, , name]) => name))).toEqual(new Set(signatures.map(({ name }) => name)));
  });

  test('a program of another name is not looked into, whatever it says', () => {
    expect(
      scanExecutable(knownBinaryCataloger, program('nginx version: nginx/1.22.1'), { path: 'bin/mirror' }),
    ).toEqual([]);
  });

  test('a program that says no version gives nothing', () => {
    expect(scanExecutable(knownBinaryCataloger, program('OpenSSL is a toolkit'), { path: 'bin/openssl' })).toEqual([]);
  });

  test('the version may stand in any window of a large program', () => {
    const bytes = Buffer.concat([program('x'), Buffer.alloc(700_000), program('node.js/v18.20.4\0')]);
    const found = scanExecutable(knownBinaryCataloger, bytes, { path: 'usr/bin/node', window: 300_000 });
    expect(found).toMatchObject([{ version: '18.20.4' }]);
  });
});

describe('toolchains', () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

  test('Java’s release file', () => {
    const text = 'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_RUNTIME_VERSION="17.0.9+9"\nJAVA_VERSION="17.0.9"\n';
    expect(javaReleaseCataloger.wants('opt/java/openjdk/release')).toBe(true);
    expect(javaReleaseCataloger.catalog('opt/java/openjdk/release', encode(text))).toMatchObject({
      components: [{ purl: 'pkg:generic/openjdk@17.0.9', supplier: 'Eclipse Adoptium' }],
    });
    expect(javaReleaseCataloger.catalog('a/release', encode('stable\n'))).toBeUndefined();
  });

  test.each([
    ['go1.26.8\ntime 2026-08-28T16:20:06Z\n', '1.26.8'],
    ['go1.20', '1.20'],
    ['1.2.3\n', undefined],
    ['google\n', undefined],
  ])('a file VERSION with %j is Go %s', (text, version) => {
    const facts = goToolchainCataloger.catalog('usr/local/go/VERSION', encode(text));
    if (version === undefined) expect(facts).toBeUndefined();
    else
      expect(facts).toMatchObject({
        components: [{ purl: `pkg:generic/go@${version}`, ecosystem: 'Go', advisoryName: 'toolchain' }],
      });
  });
});
