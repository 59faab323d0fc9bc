/** Every cataloger, given what is nearly right: facts of the shape there is, or a reason; never another error. */

import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../../adapters/archive/archive-limits.ts';
import { BinaryReader } from '../../../../adapters/sbom/binary-reader.ts';
import { catalogFile } from '../../../../adapters/sbom/catalog-file.ts';
import { archiveCatalogerFor, binaryCatalogers, catalogerNames } from '../../../../domain/catalog/catalogers.ts';
import { type FileFacts, layerFindingsSchema } from '../../../../domain/catalog/layer-findings.ts';
import { parsePurl } from '../../../../domain/sbom/purl.ts';
import { damage, damaged } from '../../../fixtures/catalog/damage.ts';
import { dotnetBundle } from '../../../fixtures/catalog/dotnet-bundle.ts';
import { rpmDatabases } from '../../../fixtures/catalog/rpm-databases.ts';
import { elfOf } from '../../../fixtures/catalog/scan-executable.ts';
import { smallManifests } from '../../../fixtures/catalog/small-manifests.ts';
import { sqliteLeftovers } from '../../../fixtures/catalog/sqlite-leftovers.ts';
import { zipOf } from './zip-of.ts';

const pom = 'META-INF/maven/g/a/pom.properties';
const metadata =
  'Metadata-Version: 2.1\nName: a\nVersion: 1.0\nLicense: MIT\nRequires-Dist: b (>=1) ; extra == "c"\n\ntext\n';

const deps =
  '{"runtimeTarget": {"name": "net8"}, "targets": {"net8": {"A/1.0": {"dependencies": {"B": "1"}, "runtime": {"A.dll": {}}}}}, "libraries": {"A/1.0": {"type": "package", "sha512": "sha512-AAAA"}}}';

/** Of files that are wanted by their path, and that `small-manifests.ts` has none of. */
const files: Readonly<Record<string, string | Uint8Array>> = {
  'etc/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n',
  'lib/apk/db/installed':
    'C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=\nP:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\no:musl\nD:so:libc.so\np:so:libc.musl=1\nF:lib\nR:ld.so\n\n',
  'var/lib/dpkg/status':
    'Package: a\nStatus: install ok installed\nArchitecture: amd64\nSource: s (1.0)\nVersion: 1:1.0-1\nDepends: b (>= 1) | c, d\nMaintainer: M <m@example.org>\n\n',
  'usr/share/doc/a/copyright':
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+ or MIT\n text\n',
  'var/lib/dpkg/info/a.md5sums':
    'd41d8cd98f00b204e9800998ecf8427e  usr/lib/python3/dist-packages/a.dist-info/METADATA\n',
  'var/lib/rpm/rpmdb.sqlite': rpmDatabases.sqlite,
  'var/lib/rpm/Packages.db': rpmDatabases.ndb,
  'var/lib/rpm/Packages': rpmDatabases.berkeleyDb,
  'var/lib/rpm/rpmdb.sqlite-wal': sqliteLeftovers.log,
  'app/node_modules/a/package.json':
    '{"name": "a", "version": "1.0.0", "license": {"type": "MIT"}, "dependencies": {"b": "^1"}}',
  'package/package.json': '{"name": "a", "version": "1.0.0"}',
  'vendor/a/.cargo-checksum.json': '{"files": {}, "package": "00"}',
  'package-lock.json':
    '{"lockfileVersion": 3, "name": "x", "packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1.0.0", "integrity": "sha512-AAAA", "dependencies": {"b": "*"}}}}',
  'usr/lib/python3/dist-packages/a-1.0.dist-info/METADATA': metadata,
  'usr/lib/a-1.0.egg': zipOf({ 'EGG-INFO/PKG-INFO': metadata }),
  'specifications/a-1.0.gemspec':
    'Gem::Specification.new do |s|\n  s.name = "a".freeze\n  s.version = "1.0"\n  s.licenses = ["MIT".freeze]\n  s.add_runtime_dependency(%q<b>, ["~> 1"])\nend\n',
  'vendor/composer/installed.json':
    '{"packages": [{"name": "a/b", "version": "v1.0", "license": ["MIT"], "require": {"c/d": "*"}}]}',
  'app/a.deps.json': deps,
  'usr/lib/R/library/a/DESCRIPTION':
    'Package: a\nVersion: 1.0\nLicense: MIT\nDepends: R (>= 3), b\nBuilt: R 4.1; ; 2023; unix\n',
  'opt/java/release': 'IMPLEMENTOR="Eclipse Adoptium"\nJAVA_VERSION="17.0.1"\nJAVA_RUNTIME_VERSION="17.0.1+12"\n',
  'usr/local/go/VERSION': 'go1.22.3\ntime 2024-05-01T19:49:47Z\n',
  'lib/a-1.0.jar': zipOf({
    'META-INF/MANIFEST.MF': 'Implementation-Title: a\r\nImplementation-Version: 1\r\n .0\r\nBundle-License: MIT\r\n',
    [pom]: 'groupId=g\nartifactId=a\nversion=1.0\n',
    'BOOT-INF/lib/b.jar': zipOf({ [pom]: 'groupId=g\nartifactId=b\nversion=2.0\n' }),
  }),
};

const modules = 'path\ta\nmod\texample.com/a\tv1.0.0\n'.padEnd(34, '\n');
const goInfo = Buffer.from(
  `${'\xff Go buildinf:\x08\x02'.padEnd(32, '\0')}\x08go1.22.3\x420123456789abcdef${modules}0123456789abcdef`,
  'latin1',
);
const programs: Readonly<Record<string, Uint8Array>> = {
  'go-binary': elfOf({ '.go.buildinfo': goInfo }),
  'rust-binary': elfOf({
    '.dep-v0': deflateSync('{"packages":[{"name":"a","version":"1.0.0","source":"crates.io","dependencies":[]}]}'),
  }),
  'dotnet-bundle': dotnetBundle({ deps }),
  'known-binary': elfOf({
    '.rodata': Buffer.from('\0OpenSSL 3.0.13 30 Jan 2024\0redis_version:7.2.4\0nginx/1.25.3\0'),
  }),
};
const places = ['usr/bin/openssl', 'usr/sbin/nginx', 'usr/bin/program'];

const encode = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content;

function check(facts: FileFacts | undefined): void {
  if (facts === undefined) return;
  const findings = { files: [{ path: 'a', facts }], whiteouts: [], opaqueDirectories: [] };
  expect(layerFindingsSchema.safeParse(findings).success).toBe(true);
  if (facts.kind === 'unreadable') expect(facts.reason).toMatch(/^[\w-]+: ./);
  if (facts.kind === 'components') for (const { purl } of facts.components) expect(() => parsePurl(purl)).not.toThrow();
}

function read(path: string, bytes: Uint8Array): FileFacts | undefined {
  const cataloger = archiveCatalogerFor(path);
  if (cataloger === undefined) throw new TypeError(`no cataloger wants ${path}`);
  return catalogFile(cataloger, path, bytes, defaultLimits);
}

function readProgram(path: string, bytes: Uint8Array): FileFacts | undefined {
  let told: FileFacts | undefined;
  const reader = new BinaryReader({ path, size: bytes.length, mode: 0o755 }, binaryCatalogers, (facts) => {
    told = facts;
  });
  if (bytes.length > 0 && reader.data(Buffer.from(bytes))) reader.end();
  return told;
}

test('there is a file for every cataloger', () => {
  const named = [...Object.keys(files), ...Object.keys(smallManifests)].map((path) => archiveCatalogerFor(path)?.name);
  expect(new Set([...named, ...Object.keys(programs)])).toEqual(new Set(catalogerNames()));
});

describe.each(Object.entries(files))('%s', (path, content) => {
  const bytes = encode(content);

  test('reads as it is', () => {
    const kind = read(path, bytes)?.kind ?? 'nothing';
    // A log may hold rows that the database beside it has not: it is never passed over.
    if (path.endsWith('-wal')) expect(kind).toBe('unreadable');
    else expect(['nothing', 'unreadable']).not.toContain(kind);
  });

  test('damaged', () => {
    fc.assert(
      fc.property(damage, (edits) => {
        check(read(path, damaged(bytes, edits)));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00, 0x80)],
    ['zeros', new Uint8Array(8192)],
    ['itself, twice', Uint8Array.from([...bytes, ...bytes])],
  ])('%s', (_name, other) => {
    check(read(path, other));
  });
});

describe.each(Object.entries(programs))('%s', (name, program) => {
  test('reads as it is', () => {
    const found = places.map((path) => readProgram(path, program));
    expect(
      found.some((facts) => facts?.kind === 'components' && facts.components.some(({ foundBy }) => foundBy === name)),
    ).toBe(true);
  });

  test('damaged', () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), damage, (path, edits) => {
        check(readProgram(path, damaged(program, edits)));
      }),
      { numRuns: 100 },
    );
  });
});
