import { expect, test } from 'vitest';
import { toSystemComponent } from '../../../../domain/catalog/system/package.ts';
import { fromPurl } from '../../../../domain/sbom/from-purl.ts';

test.each([
  ['pkg:npm/%40scope/a@1.0.0', 'npm', '@scope/a', '1.0.0', undefined],
  ['pkg:maven/org.slf4j/slf4j-api@2.0.9', 'Maven', 'org.slf4j:slf4j-api', '2.0.9', undefined],
  ['pkg:golang/github.com/BurntSushi/toml@v1.3.2', 'Go', 'github.com/BurntSushi/toml', 'v1.3.2', undefined],
  // As Syft splits paths of modules.
  ['pkg:golang/github.com/gorilla/mux@v2.0.0#v2', 'Go', 'github.com/gorilla/mux/v2', 'v2.0.0', undefined],
  ['pkg:golang/github.com/hashicorp/vault@v1.9.0#api', 'Go', 'github.com/hashicorp/vault/api', 'v1.9.0', undefined],
  // As the definition has it, a package of a module: Syft splits after the third part only, and these are no modules.
  ['pkg:golang/golang.org/x/crypto@v0.1.0#ssh', 'Go', 'golang.org/x/crypto', 'v0.1.0', undefined],
  ['pkg:golang/golang.org/x/tools@v0.1.0#gopls', 'Go', 'golang.org/x/tools/gopls', 'v0.1.0', undefined],
  ['pkg:golang/k8s.io/client-go@v0.29.0#rest', 'Go', 'k8s.io/client-go', 'v0.29.0', undefined],
  ['pkg:golang/github.com/a/b/v2@v2.0.0#c/d', 'Go', 'github.com/a/b/v2', 'v2.0.0', undefined],
  ['pkg:swift/github.com/Alamofire/Alamofire@5.4.3', 'SwiftURL', 'github.com/Alamofire/Alamofire', '5.4.3', undefined],
  ['pkg:hex/jason@1.1.2', 'Hex', 'jason', '1.1.2', undefined],
  ['pkg:deb/debian/libc6@2.36-9?distro=debian-12&upstream=glibc', 'Debian', 'glibc', '2.36-9', '12'],
  ['pkg:deb/debian/libc6@2.36-9%2Bb1?distro=debian-12&upstream=glibc@2.36-9', 'Debian', 'glibc', '2.36-9', '12'],
  // A code name is no release that advisories know.
  ['pkg:deb/debian/curl@7.50.3-1?distro=jessie', 'Debian', 'curl', '7.50.3-1', undefined],
  ['pkg:deb/curl@7.50.3-1', 'Debian', 'curl', '7.50.3-1', undefined],
  ['pkg:deb/ubuntu/libc6@2.39?distro=ubuntu-24.04&upstream=glibc', 'Ubuntu', 'glibc', '2.39', '24.04:LTS'],
  ['pkg:apk/alpine/libssl3@3.1.4-r5?distro=alpine-3.19.1&upstream=openssl', 'Alpine', 'openssl', '3.1.4-r5', '3.19'],
  ['pkg:apk/wolfi/libssl3@3.1.4-r5?upstream=openssl', 'Wolfi', 'openssl', '3.1.4-r5', undefined],
  [
    'pkg:rpm/redhat/openssl-libs@3.0.7-24.el9?distro=rhel-9.3&epoch=1&upstream=openssl-3.0.7-24.el9.src.rpm',
    'Red Hat',
    'openssl-libs',
    '1:3.0.7-24.el9',
    'enterprise_linux:9',
  ],
  [
    'pkg:rpm/rocky/openssl-libs@3.0.7-24.el9?distro=rocky-9.3&epoch=1&upstream=openssl-3.0.7-24.el9.src.rpm',
    'Rocky Linux',
    'openssl',
    '1:3.0.7-24.el9',
    '9',
  ],
  ['pkg:rpm/opensuse/bash@4.4?distro=opensuse-leap-15.6', 'openSUSE', 'bash', '4.4', 'Leap 15.6'],
  // As Trivy writes them.
  ['pkg:apk/alpine/libcrypto3@3.1.2-r0?distro=3.18.4', 'Alpine', 'libcrypto3', '3.1.2-r0', '3.18'],
  ['pkg:rpm/redhat/bash@5.1.8-6.el9?distro=redhat-9.3', 'Red Hat', 'bash', '5.1.8-6.el9', 'enterprise_linux:9'],
  ['pkg:rpm/alma/bash@5.1.8-6.el9?distro=alma-9.2', 'AlmaLinux', 'bash', '5.1.8-6.el9', '9'],
  ['pkg:rpm/opensuse.leap/bash@4.4?distro=opensuse.leap-15.6', 'openSUSE', 'bash', '4.4', 'Leap 15.6'],
  ['pkg:github/Actions/Checkout@v4', 'GitHub Actions', 'actions/checkout', 'v4', undefined],
  ['pkg:rpm/bash@5.1', 'generic', 'bash', '5.1', undefined],
  ['pkg:rpm/fedora/curl@7.50.3-1.fc25?distro=fedora-25', 'generic', 'curl', '7.50.3-1.fc25', undefined],
  ['pkg:constructor/a@1', 'generic', 'a', '1', undefined],
])('%s', (purl, ecosystem, advisoryName, advisoryVersion, release) => {
  const facts = fromPurl(purl);
  expect(facts).toMatchObject({ ecosystem, advisoryName, advisoryVersion });
  expect(facts.release).toBe(release);
});

test('a source package that a document tells beside the purl is what advisories are asked for, unless the purl names one', () => {
  const source = { name: 'openssl', version: '3.0.9-1' };
  const asked = (purl: string) => {
    const { advisoryName, advisoryVersion } = fromPurl(purl, source);
    return `${advisoryName} ${advisoryVersion}`;
  };
  expect(asked('pkg:deb/debian/libssl3@3.0.9-1%2Bb1?distro=debian-12.1')).toBe('openssl 3.0.9-1');
  expect(asked('pkg:deb/debian/libssl3@3.0.9-1?distro=debian-12&upstream=other@1')).toBe('other 1');
  expect(asked('pkg:rpm/redhat/openssl-libs@3.0.7-6.el9?distro=redhat-9.3')).toBe('openssl-libs 3.0.7-6.el9');
  expect(asked('pkg:npm/a@1.0.0')).toBe('a 1.0.0');
});

test.each([
  ['dpkg', 'debian', '12'],
  ['dpkg', 'ubuntu', '22.04'],
  ['apk', 'alpine', '3.19.1'],
  ['rpm', 'rhel', '9.4'],
  ['rpm', 'rocky', '8.9'],
  ['rpm', 'almalinux', '9.4'],
  ['rpm', 'opensuse-leap', '15.6'],
  ['rpm', 'sles', '15.5'],
  ['rpm', 'amzn', '2023'],
] as const)('what our own purl of %s on %s %s tells is what was found', (manager, id, versionId) => {
  const made = toSystemComponent(
    {
      name: 'libssl',
      version: '3.0.7-24',
      ...(manager === 'rpm' ? { epoch: 1, sourceFile: 'openssl-3.0.7-23.src.rpm' } : {}),
      architecture: 'x86_64',
      source: 'openssl',
      sourceVersion: '3.0.7-23',
      licences: [],
      depends: [],
      provides: [],
      files: [],
    },
    manager,
    { id, versionId },
    [],
  );
  const { ecosystem, advisoryName, advisoryVersion, name, version, release } = made;
  expect(fromPurl(made.purl)).toEqual({
    ecosystem,
    advisoryName,
    advisoryVersion,
    name,
    version,
    ...(release === undefined ? {} : { release }),
  });
});
