import { parseDigest } from '../../../../domain/artifact/digest.ts';
import type { Component, Stock } from '../../../../domain/sbom/component.ts';
import type { SbomDocument } from '../../../../domain/sbom/document.ts';

const layer = parseDigest(`sha256:${'1'.repeat(64)}`);

const plain: Component = {
  purl: 'pkg:npm/a@1.0.0',
  ecosystem: 'npm',
  advisoryName: 'a',
  name: 'a',
  version: '1.0.0',
  advisoryVersion: '1.0.0',
  licences: [],
  hashes: [],
  dependsOn: [],
  scope: 'runtime',
  locations: [{ path: 'package-lock.json' }],
  foundBy: 'npm-lockfile',
};

/** Every field and every form of licence that a stock can have, in canonical order. */
export const sampleStock: Stock = {
  components: [
    {
      purl: 'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bb1?arch=amd64&distro=debian-12',
      ecosystem: 'Debian',
      advisoryName: 'gcc-12',
      name: 'libstdc++6',
      version: '12.2.0-14+b1',
      advisoryVersion: '12.2.0-14',
      release: '12',
      licences: [
        { kind: 'expression', expression: 'GPL-3.0-only WITH GCC-exception-3.1' },
        { kind: 'expression', expression: 'MIT' },
        { kind: 'unresolved', text: 'see "copyright" <ü>' },
      ],
      hashes: [],
      supplier: 'Debian GCC Maintainers <debian-gcc@lists.debian.org>',
      dependsOn: ['pkg:npm/%40s/b@2.0.0-rc.1%2Bbuild'],
      scope: 'runtime',
      locations: [{ path: '/var/lib/dpkg/status', layer }],
      foundBy: 'dpkg',
    },
    {
      ...plain,
      purl: 'pkg:maven/org.a/b@1',
      ecosystem: 'Maven',
      name: 'org.a:b',
      advisoryName: 'org.a:b',
      version: '1',
      advisoryVersion: '1',
      licences: [{ kind: 'expression', expression: 'EPL-2.0 AND (MIT OR Apache-2.0)' }],
      locations: [{ path: '/app.jar!/lib/b.jar', layer }],
      foundBy: 'java-archive',
    },
    {
      ...plain,
      purl: 'pkg:npm/%40s/b@2.0.0-rc.1%2Bbuild',
      name: '@s/b',
      advisoryName: '@s/b',
      version: '2.0.0-rc.1+build',
      advisoryVersion: '2.0.0-rc.1+build',
      licences: [{ kind: 'expression', expression: 'MIT' }],
      hashes: [
        { algorithm: 'SHA-1', value: 'ab'.repeat(20) },
        { algorithm: 'SHA-512', value: 'cd'.repeat(64) },
      ],
      dependsOn: ['pkg:npm/a@1.0.0', 'pkg:npm/c@1.0.0'],
      scope: 'development',
      locations: [
        { path: '/app/node_modules/@s/b/package.json', layer },
        { path: '/app/package-lock.json', layer },
      ],
      foundBy: 'node-modules',
    },
    { ...plain, licences: [{ kind: 'unresolved', text: 'Custom' }] },
    {
      ...plain,
      purl: 'pkg:npm/c@1.0.0',
      name: 'c',
      advisoryName: 'c',
      scope: 'optional',
      dependsOn: ['pkg:npm/%40s/b@2.0.0-rc.1%2Bbuild'],
      licences: [{ kind: 'expression', expression: 'MIT OR Apache-2.0' }],
    },
  ],
  unreadable: [
    { path: '/', layer, reason: 'ends in the middle' },
    { path: '/app/x.jar', reason: 'not a zip file, or a damaged one' },
  ],
  operatingSystem: { id: 'debian', versionId: '12', name: 'Debian GNU/Linux 12 (bookworm)' },
  complete: false,
};

export const sampleDocument: SbomDocument = {
  subject: {
    kind: 'container',
    name: 'localhost:5000/team/shop',
    version: `sha256:${'2'.repeat(64)}`,
    digest: parseDigest(`sha256:${'2'.repeat(64)}`),
    purl: `pkg:oci/shop@sha256:${'2'.repeat(64)}?arch=amd64&repository_url=localhost:5000%2Fteam%2Fshop`,
  },
  stock: sampleStock,
  build: [
    { name: 'commit', value: 'c'.repeat(40), standing: 'verified', saidBy: 'provenance' },
    {
      name: 'source',
      value: 'https://example.com/shop.git',
      standing: 'claimed',
      saidBy: 'label org.opencontainers.image.source',
    },
  ],
  created: '2024-05-06T07:08:09Z',
  toolVersion: '0.1.0',
};
