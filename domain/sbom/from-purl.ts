/** What a package URL alone tells of a component: for SBOMs that others wrote. */

import { ownValue } from '../own-value.ts';
import type { Component, Ecosystem } from './component.ts';
import { distributionId, distributionOf } from './distribution.ts';
import { parsePurl } from './purl.ts';

type PurlFacts = Pick<Component, 'ecosystem' | 'advisoryName' | 'advisoryVersion' | 'name' | 'version' | 'release'>;
type Qualifiers = Readonly<Record<string, string | undefined>>;

const ecosystems: Readonly<Record<string, Ecosystem>> = {
  npm: 'npm',
  pypi: 'PyPI',
  maven: 'Maven',
  golang: 'Go',
  cargo: 'crates.io',
  gem: 'RubyGems',
  nuget: 'NuGet',
  composer: 'Packagist',
  hex: 'Hex',
  pub: 'Pub',
  cran: 'CRAN',
  swift: 'SwiftURL',
  githubactions: 'GitHub Actions',
  github: 'GitHub Actions',
};

/** Distributions by other names than os-release has: as Trivy writes them in `distro`. */
const otherIds: Readonly<Record<string, string>> = {
  redhat: 'rhel',
  alma: 'almalinux',
  'opensuse.leap': 'opensuse-leap',
  'opensuse.tumbleweed': 'opensuse-tumbleweed',
  'suse linux enterprise server': 'sles',
};

/** The package of the sources a binary package is built from, as a document tells it beside the purl. */
export interface SourcePackage {
  readonly name: string;
  /** With epoch and release; empty where it is that of the binary package. */
  readonly version: string;
}

/** Whose packages they are where neither namespace nor `distro` says so. */
const assumed: Readonly<Record<string, string>> = { deb: 'debian', apk: 'alpine' };

/** Of the packages of languages; `generic` for systems, whose packages are those of one or another by more than their type. */
export function ecosystemOfType(type: string): Ecosystem {
  return ownValue(ecosystems, type) ?? 'generic';
}

/** `source` counts where the purl names no `upstream`. Throws a PurlError where the text is no package URL. */
export function fromPurl(purl: string, source?: SourcePackage): PurlFacts {
  const { type, namespace, name, version = '', qualifiers = {}, subpath } = parsePurl(purl);
  if (type === 'deb' || type === 'apk' || type === 'rpm')
    return fromSystemPurl({ type, namespace, name, version, qualifiers, source });
  const path = namespace === undefined ? name : `${namespace}${type === 'maven' ? ':' : '/'}${name}`;
  const full = splitSubpath({ type, path, subpath }).path;
  return { ecosystem: ecosystemOfType(type), advisoryName: full, advisoryVersion: version, name: full, version };
}

/** Repositories of golang.org/x that are one module, but for `crypto/x509roots`: `#ssh` is no module of its own there. */
const WHOLE: ReadonlySet<string> = new Set(
  ['crypto', 'image', 'mod', 'net', 'oauth2', 'sync', 'sys', 'term', 'text', 'time'].map(
    (name) => `golang.org/x/${name}`,
  ),
);

/**
 * What is the package, and what a path within it. By its definition a subpath is within the package; but Syft keeps what follows the
 * third part of a Go module's path there (`github.com/aws/aws-sdk-go-v2#service/s3`), and both spellings are one text. Read as Syft's
 * where a module may be meant.
 */
export function splitSubpath({ type, path, subpath }: { type: string; path: string; subpath: string | undefined }): {
  readonly path: string;
  readonly within?: string;
} {
  if (subpath === undefined) return { path };
  const isModule = path.split('/').length === 3 && (!WHOLE.has(path) || subpath.startsWith('x509roots/'));
  return type === 'golang' && isModule ? { path: `${path}/${subpath}` } : { path, within: subpath };
}

interface SystemPurl {
  readonly type: 'deb' | 'apk' | 'rpm';
  readonly namespace: string | undefined;
  readonly name: string;
  readonly version: string;
  readonly qualifiers: Qualifiers;
  readonly source: SourcePackage | undefined;
}

function fromSystemPurl({ type, namespace, name, version, qualifiers, source: told }: SystemPurl): PurlFacts {
  const { system, versionId } = systemOf(type, namespace, qualifiers.distro ?? '');
  if (system === undefined)
    return { ecosystem: 'generic', advisoryName: name, advisoryVersion: version, name, version };
  const known = distributionOf({ id: system, ...(versionId === undefined ? {} : { versionId }) });
  const hasEpoch = Number(qualifiers.epoch ?? 0) > 0 && !/^\d+:/.test(version);
  const epoch = type !== 'apk' && hasEpoch ? `${qualifiers.epoch}:` : '';
  const full = `${epoch}${version}`;
  const upstream = sourceOf(qualifiers.upstream ?? '', type);
  const named = { name: upstream.name, version: upstream.version === '' ? '' : `${epoch}${upstream.version}` };
  const source = upstream.name === '' && told !== undefined ? told : named;
  const bySource = known.advisoriesName === 'source';
  return {
    ecosystem: known.ecosystem,
    advisoryName: (bySource ? source.name : '') || name,
    advisoryVersion: (bySource ? source.version : '') || full,
    name,
    version: full,
    ...(known.release === undefined ? {} : { release: known.release }),
  };
}

/**
 * `distro=debian-12` is ID and VERSION_ID of os-release, as Syft writes them; Trivy has names of its own (`redhat-9.3`), and of
 * Alpine the version alone (`3.18.4`).
 */
function systemOf(type: string, namespace: string | undefined, distro: string) {
  const vendor = namespace === undefined ? assumed[type] : distributionId(ownValue(otherIds, namespace) ?? namespace);
  const [, written, versionId] = /^(?:([a-z][a-z_. -]*?)-)?(\d[\w.]*)$/.exec(distro) ?? [];
  if (written === undefined) return { system: vendor, versionId: type === 'apk' ? versionId : undefined };
  const id = ownValue(otherIds, written) ?? written;
  // The vendor of SUSE's and openSUSE's packages is one name for several systems: `distro` tells them apart.
  const system = isVendorOf(namespace, id) ? id : vendor;
  return { system, versionId: id === system ? versionId : undefined };
}

function isVendorOf(namespace: string | undefined, id: string): boolean {
  return (
    namespace === undefined ||
    (ownValue(otherIds, namespace) ?? namespace) === id ||
    distributionOf({ id }).namespace === namespace
  );
}

/**
 * `upstream=glibc@2.36-9`, without `@` where the versions agree, or the file of the source package:
 * `bash-5.1.8-6.el9.src.rpm`.
 */
function sourceOf(upstream: string, type: string): { readonly name: string; readonly version: string } {
  if (type === 'rpm') {
    const match = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(upstream);
    return { name: match?.[1] ?? '', version: match?.[2] ?? '' };
  }
  const [name = '', version = ''] = upstream.split('@', 2);
  return { name, version };
}
