import { expect, test } from 'vitest';
import { distributionId, distributionOf } from '../../../../domain/sbom/distribution.ts';

// Names and suffixes: https://ossf.github.io/osv-schema/#defined-ecosystems
test.each([
  ['debian', '12', 'Debian', '12', 'debian', 'source'],
  // Containers of unstable have no VERSION_ID.
  ['debian', undefined, 'Debian', undefined, 'debian', 'source'],
  ['ubuntu', '24.04', 'Ubuntu', '24.04:LTS', 'ubuntu', 'source'],
  ['ubuntu', '23.10', 'Ubuntu', '23.10', 'ubuntu', 'source'],
  ['ubuntu', '23.04', 'Ubuntu', '23.04', 'ubuntu', 'source'],
  ['alpine', '3.19.1', 'Alpine', '3.19', 'alpine', 'source'],
  ['wolfi', '20230201', 'Wolfi', undefined, 'wolfi', 'source'],
  ['chainguard', '20230214', 'Chainguard', undefined, 'chainguard', 'source'],
  ['rhel', '9.4', 'Red Hat', 'enterprise_linux:9', 'redhat', 'binary'],
  ['rocky', '9.3', 'Rocky Linux', '9', 'rocky', 'source'],
  ['almalinux', '8.10', 'AlmaLinux', '8', 'almalinux', 'binary'],
  ['opensuse-leap', '15.6', 'openSUSE', 'Leap 15.6', 'opensuse', 'source'],
  ['opensuse-tumbleweed', '20240101', 'openSUSE', 'Tumbleweed', 'opensuse', 'source'],
  ['sles', '15.5', 'SUSE', 'Linux Enterprise Server 15 SP5', 'suse', 'source'],
  ['sles', '15', 'SUSE', 'Linux Enterprise Server 15', 'suse', 'source'],
  ['fedora', '41', 'generic', undefined, 'fedora', 'source'],
  ['amzn', '2023', 'generic', undefined, 'amzn', 'source'],
  // A derivative's versions are its own: its parent's advisories would be wrong about them.
  ['linuxmint', '21', 'generic', undefined, 'linuxmint', 'source'],
])('%s %s is %s, release %s', (id, versionId, ecosystem, release, namespace, advisoriesName) => {
  expect(distributionOf({ id, ...(versionId === undefined ? {} : { versionId }) })).toEqual({
    ecosystem,
    namespace,
    advisoriesName,
    ...(release === undefined ? {} : { release }),
  });
});

test.each([
  ['redhat', 'rhel'],
  ['rocky-linux', 'rocky'],
  ['debian', 'debian'],
])('packages of %s belong to %s', (namespace, id) => {
  expect(distributionId(namespace)).toBe(id);
});
