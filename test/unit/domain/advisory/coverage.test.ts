import { expect, test } from 'vitest';
import { createCoverage, uncoveredIn } from '../../../../domain/advisory/coverage.ts';
import type { Component, Ecosystem } from '../../../../domain/sbom/component.ts';
import { fromPurl } from '../../../../domain/sbom/from-purl.ts';
import { component } from './component.ts';

const asked = (purl: string): Component => ({ ...component('npm', 'x', '1'), ...fromPurl(purl), purl });
const known = {
  ecosystems: ['npm', 'Debian', 'Alpine', 'Ubuntu', 'Wolfi', 'Rocky Linux'] as readonly Ecosystem[],
  distributions: ['Alpine:3.19', 'Debian:12', 'Ubuntu:24.04', 'Ubuntu:Pro:16.04', 'Wolfi'],
};

test.each<[string, string | undefined, string | undefined]>([
  ['pkg:npm/lodash@4.17.20', undefined, undefined],
  ['pkg:deb/debian/openssl@3.0.11-1?distro=debian-12', undefined, undefined],
  ['pkg:gem/rails@7.0.0', 'RubyGems', 'the advisory database has no records of ecosystem RubyGems'],
  [
    'pkg:rpm/redhat/openssl@3.0.7-1.el9?distro=rhel-9.2',
    'Red Hat',
    'the advisory database has no records of ecosystem Red Hat',
  ],
  ['pkg:apk/alpine/openssl@3.1.4-r0?distro=alpine-3.19.1', undefined, undefined],
  [
    'pkg:apk/alpine/openssl@1.0.0-r0?distro=alpine-3.22.1',
    'Alpine 3.22',
    'the advisory database has no records of Alpine 3.22',
  ],
  ['pkg:deb/debian/openssl@1.0.0-1?distro=debian-13', 'Debian 13', 'the advisory database has no records of Debian 13'],
  ['pkg:deb/ubuntu/openssl@3.0.13?distro=ubuntu-24.04', undefined, undefined],
  // After its end: fixes for subscribers only are not its own.
  [
    'pkg:deb/ubuntu/openssl@1.0.2g?distro=ubuntu-16.04',
    'Ubuntu 16.04:LTS',
    'the advisory database has no records of Ubuntu 16.04:LTS',
  ],
  // Matching says of each record that the release is not known.
  ['pkg:deb/debian/openssl@3.0.11-1', undefined, undefined],
  ['pkg:apk/wolfi/openssl@3.1.4-r0', undefined, undefined],
  // All of its records are about every release.
  ['pkg:rpm/rocky-linux/openssl@3.0.7-1?distro=rocky-9.3', undefined, undefined],
  // Amazon Linux, Fedora and others have no advisories in the format of OSV.
  ['pkg:rpm/amzn/openssl@3.0.8-1.amzn2023?distro=amzn-2023', 'amzn', 'advisories of amzn are not compared'],
  ['pkg:rpm/fedora/openssl@3.1.1-4.fc39?distro=fedora-39', 'fedora', 'advisories of fedora are not compared'],
  ['pkg:deb/kali/openssl@3.0.11-1', 'kali', 'advisories of kali are not compared'],
  ['pkg:alpm/arch/pacman@6.0.2', 'arch', 'advisories of arch are not compared'],
  [
    'pkg:rpm/openssl@3.0.8-1',
    'rpm packages of no known distribution',
    'advisories of rpm packages of no known distribution are not compared',
  ],
  ['pkg:generic/openssl@3.0.8', undefined, 'it has no package URL that advisories go by'],
  ['pkg:conan/zlib@1.2.11', undefined, 'it has no package URL that advisories go by'],
])('of %s', (purl, name, reason) => {
  const gap = createCoverage(known)(asked(purl));
  expect([gap?.name, gap?.reason]).toEqual([name, reason]);
});

test('what is not covered is named once, with how much there is of it', () => {
  const purls = ['pkg:rpm/amzn/a@1', 'pkg:gem/rails@7.0.0', 'pkg:rpm/amzn/b@1', 'pkg:npm/x@1', 'pkg:generic/x@1'];
  expect([...uncoveredIn(purls.map(asked), known)]).toEqual([
    ['RubyGems', 1],
    ['amzn', 2],
  ]);
});
