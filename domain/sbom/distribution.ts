/** What an operating system's id (os-release(5)) means for purls and advisories. */
import type { Ecosystem, OperatingSystem } from './component.ts';

export interface Distribution {
  readonly ecosystem: Ecosystem;
  /** As in a component: the part of OSV's name after the first colon. */
  readonly release?: string;
  /** Of the purls of its packages (purl-spec, types deb, apk and rpm: the vendor). */
  readonly namespace: string;
  /** Whether its advisories name source packages, or the binary packages made of them. */
  readonly advisoriesName: 'source' | 'binary';
}

interface Known {
  readonly ecosystem: Ecosystem;
  readonly namespace?: string;
  readonly advisoriesName?: 'binary';
  readonly release?: (system: OperatingSystem) => string | undefined;
}

const version = ({ versionId }: OperatingSystem): string | undefined => versionId || undefined;
const major = ({ versionId }: OperatingSystem): string | undefined => versionId?.split('.', 1)[0] || undefined;
const firstTwo = ({ versionId }: OperatingSystem): string | undefined => /^\d+\.\d+/.exec(versionId ?? '')?.[0];
const firstWord = (system: OperatingSystem): string | undefined => /^\d+/.exec(major(system) ?? '')?.[0];

/** By ID of os-release. Derivatives with packages and versions of their own are not their parents. */
const distributions: ReadonlyMap<string, Known> = new Map<string, Known>([
  ['debian', { ecosystem: 'Debian', release: firstWord }],
  ['ubuntu', { ecosystem: 'Ubuntu', release: ubuntuRelease }],
  ['alpine', { ecosystem: 'Alpine', release: firstTwo }],
  ['wolfi', { ecosystem: 'Wolfi' }],
  ['chainguard', { ecosystem: 'Chainguard' }],
  [
    'rhel',
    {
      ecosystem: 'Red Hat',
      namespace: 'redhat',
      advisoriesName: 'binary',
      release: (system) => prefixed('enterprise_linux:', major(system)),
    },
  ],
  ['rocky', { ecosystem: 'Rocky Linux', release: major }],
  ['almalinux', { ecosystem: 'AlmaLinux', advisoriesName: 'binary', release: major }],
  [
    'opensuse-leap',
    { ecosystem: 'openSUSE', namespace: 'opensuse', release: (system) => prefixed('Leap ', version(system)) },
  ],
  ['opensuse-tumbleweed', { ecosystem: 'openSUSE', namespace: 'opensuse', release: () => 'Tumbleweed' }],
  ['sles', { ecosystem: 'SUSE', namespace: 'suse', release: suseRelease }],
  ['sled', { ecosystem: 'SUSE', namespace: 'suse', release: suseRelease }],
]);

/** OSV has no advisories for the others (Fedora, Amazon Linux, derivatives): they are `generic`, and still named. */
export function distributionOf(system: OperatingSystem): Distribution {
  const known = distributions.get(system.id);
  if (known === undefined) return { ecosystem: 'generic', namespace: system.id, advisoriesName: 'source' };
  const release = known.release?.(system);
  return {
    ecosystem: known.ecosystem,
    namespace: known.namespace ?? system.id,
    advisoriesName: known.advisoriesName ?? 'source',
    ...(release === undefined ? {} : { release }),
  };
}

/** The inverse of a purl's namespace: `redhat` and `rhel` are the same vendor, `rocky-linux` is what OSV writes. */
export function distributionId(namespace: string): string {
  if (namespace === 'rocky-linux') return 'rocky';
  for (const [id, known] of distributions) if (known.namespace === namespace) return id;
  return namespace;
}

function prefixed(prefix: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : prefix + text;
}

/** `Ubuntu:24.04:LTS`, `Ubuntu:23.10` (OSV schema, defined ecosystems): April of an even year is a long-term release. */
function ubuntuRelease(system: OperatingSystem): string | undefined {
  const release = firstTwo(system);
  const year = Number(/^(\d+)\.04$/.exec(release ?? '')?.[1] ?? 1);
  return year % 2 === 0 ? `${release}:LTS` : release;
}

/** `Linux Enterprise Server 15 SP5`: OSV has the product's name without its vendor. VERSION_ID is `15.5`. */
function suseRelease({ id, versionId }: OperatingSystem): string | undefined {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(versionId ?? '');
  if (match === null) return undefined;
  const edition = id === 'sled' ? 'Desktop' : 'Server';
  const pack = match[2] === undefined || match[2] === '0' ? '' : ` SP${match[2]}`;
  return `Linux Enterprise ${edition} ${match[1]}${pack}`;
}
