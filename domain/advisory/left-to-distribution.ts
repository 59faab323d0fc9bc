/**
 * What a distribution installed as a package of a language is fixed by the distribution, under the version it has there: upstream's
 * records call Debian's python3-urllib3 1.26.12-1+deb12u1 vulnerable, which has the fix. Such components are left to the
 * distribution's advisories, which are matched with the package of the system that brought them.
 */
import type { Component } from '../sbom/component.ts';
import { compareVersions } from './compare-versions.ts';
import type { OsvRecord } from './osv-record.ts';
import { hasReleases, isDistribution, parseOsvEcosystem, trunk } from './package-identity.ts';

/** Whose advisories answer for a component that a package of the system brought. */
export type Standing =
  /** Its own ecosystem's: no package of the system has all of it. */
  | { readonly kind: 'own' }
  /** Its own ecosystem's, though a package of the system brought it. */
  | { readonly kind: 'counted'; readonly because: string }
  /** The distribution's, where there are any of it. */
  | { readonly kind: 'left'; readonly distribution: string; readonly package: string };

/** A component that upstream's records, but for those of malicious packages, were not asked about. */
export interface LeftComponent {
  readonly purl: string;
  /** Its release too, as `distributionKey` has it: `Debian:12`. */
  readonly distribution: string;
  /** The purl of the package of the system, which the distribution's advisories are matched with. */
  readonly package: string;
}

const OWN: Standing = { kind: 'own' };

/**
 * A distribution's release as advisories go by it, `Debian:12`; without one where it has none (Wolfi). Undefined for what is no
 * distribution, and for a release that is not known.
 */
export function distributionKey(ecosystem: string, release: string | undefined): string | undefined {
  if (!isDistribution(ecosystem)) return undefined;
  if (!hasReleases(ecosystem)) return ecosystem;
  return release === undefined || release === '' ? undefined : `${ecosystem}:${trunk(ecosystem, release)}`;
}

/** The keys of those that are distributions, each once; ecosystems as OSV writes them, with their release. */
export function distributionsAmong(ecosystems: readonly string[]): readonly string[] {
  const keys = ecosystems.flatMap((text) => {
    const { ecosystem, release } = parseOsvEcosystem(text);
    return distributionKey(ecosystem, release) ?? [];
  });
  return [...new Set(keys)];
}

/** Of each component of a stock. */
export type StandingOf = (component: Component) => Standing;

/** By the components of the same stock. Whether there are advisories of the distribution is another question (`isLeft`). */
export function createStandings(components: readonly Component[]): StandingOf {
  const owners = new Set(components.flatMap(({ ownedBy }) => ownedBy ?? []));
  if (owners.size === 0) return () => OWN;
  const known = new Map(components.filter(({ purl }) => owners.has(purl)).map((one) => [one.purl, one]));
  return (component) => {
    const { ownedBy, ecosystem } = component;
    if (ownedBy === undefined || isDistribution(ecosystem)) return OWN;
    const owner = known.get(ownedBy);
    if (owner === undefined)
      return { kind: 'counted', because: `${ownedBy}, which installed it, is not listed beside it` };
    const distribution = distributionKey(owner.ecosystem, owner.release);
    if (distribution === undefined)
      return { kind: 'counted', because: `no advisories are known to speak of ${ownedBy}, which installed it` };
    if (!isVersionOf(component, owner))
      return { kind: 'counted', because: `${ownedBy}, which installed it, is of another version` };
    return { kind: 'left', distribution, package: ownedBy };
  };
}

/** `covered`: distributions that there are records of (`AdvisoryDatabaseState`). Without any, nobody else would answer for it. */
export function isLeft(
  standing: Standing,
  covered: ReadonlySet<string>,
): standing is Extract<Standing, { kind: 'left' }> {
  return standing.kind === 'left' && covered.has(standing.distribution);
}

/** Those that are left to the distributions there are records of. */
export function leftComponents(
  components: readonly Component[],
  distributions: Iterable<string>,
  standingOf: StandingOf,
): readonly LeftComponent[] {
  const covered = new Set(distributions);
  return components.flatMap((component) => {
    const standing = standingOf(component);
    return isLeft(standing, covered)
      ? [{ purl: component.purl, distribution: standing.distribution, package: standing.package }]
      : [];
  });
}

/** Of a malicious package a distribution makes no version of its own: such records (https://github.com/ossf/malicious-packages) count. */
export function countsAnyway({ id, aliases }: Pick<OsvRecord, 'id' | 'aliases'>): boolean {
  return [id, ...aliases].some((name) => name.startsWith('MAL-'));
}

/** Where it does not, somebody wrote over the package's file, or the package bundles something of another project. */
function isVersionOf({ ecosystem, version }: Component, { version: packaged }: Component): boolean {
  const [own, upstream] = [plainVersion(version), upstreamVersion(packaged)];
  if (own === '' || upstream === '') return false;
  // What follows a plus may be a snapshot of later, which not every order looks at.
  const isPlain = !own.includes('+') && !upstream.includes('+');
  return own === upstream || (isPlain && compareVersions(ecosystem, own, upstream) === 0);
}

/** Of `[epoch:]upstream[-revision]`, which dpkg, rpm and apk (`-r1`) have in common. */
function upstreamVersion(packaged: string): string {
  const withoutEpoch = packaged.replace(/^\d+:/, '');
  const end = withoutEpoch.lastIndexOf('-');
  const upstream = end < 0 ? withoutEpoch : withoutEpoch.slice(0, end);
  // A packager's way back to an older version: `2.0+really1.9`.
  return plainVersion(upstream.replace(/^.*[+~]really/, ''));
}

/** Without what packagers add for a changed archive, or for others that come along (`1.2.3+~4.5.6`), and without the marks that sort before the release (`1.0~rc1`, `1.0_rc1`). */
function plainVersion(version: string): string {
  return version
    .toLowerCase()
    .replace(/^v(?=\d)/, '')
    .replace(/\+~.*$/, '')
    .replace(/[+~.-](?:dfsg|ds|repack|repacked|debian|ubuntu|deb)(?![a-z]).*$/, '')
    .replaceAll(/[~_](?=[a-z])/g, '');
}
