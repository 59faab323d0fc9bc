/** What a package URL alone tells of a component: for SBOMs that others wrote. */
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
};

/** Whose packages they are where neither namespace nor `distro` says so. */
const assumed: Readonly<Record<string, string>> = { deb: 'debian', apk: 'alpine' };

/** Throws a PurlError where the text is no package URL. */
export function fromPurl(purl: string): PurlFacts {
  const { type, namespace, name, version = '', qualifiers = {}, subpath } = parsePurl(purl);
  if (type === 'deb' || type === 'apk' || type === 'rpm')
    return fromSystemPurl(type, namespace, name, version, qualifiers);
  const path = namespace === undefined ? name : `${namespace}${type === 'maven' ? ':' : '/'}${name}`;
  // Syft keeps what follows the third part of a module's path apart, as if it were a path inside of it.
  const full = type === 'golang' && subpath !== undefined ? `${path}/${subpath}` : path;
  const ecosystem = (Object.hasOwn(ecosystems, type) ? ecosystems[type] : undefined) ?? 'generic';
  return { ecosystem, advisoryName: full, advisoryVersion: version, name: full, version };
}

/** `distro=debian-12` is ID and VERSION_ID of os-release, as Syft and Trivy write them. */
function fromSystemPurl(
  type: 'deb' | 'apk' | 'rpm',
  namespace: string | undefined,
  name: string,
  version: string,
  qualifiers: Qualifiers,
): PurlFacts {
  const id = namespace === undefined ? assumed[type] : distributionId(namespace);
  const distro = /^([a-z][a-z_-]*?)-(\d[\w.]*)$/.exec(qualifiers.distro ?? '');
  // The vendor of SUSE's and openSUSE's packages is one name for several systems: `distro` tells them apart.
  const system = distro?.[1] === undefined ? id : isVendorOf(namespace, distro[1]) ? distro[1] : id;
  if (system === undefined)
    return { ecosystem: 'generic', advisoryName: name, advisoryVersion: version, name, version };
  const versionId = distro?.[1] === system ? distro[2] : undefined;
  const known = distributionOf({ id: system, ...(versionId === undefined ? {} : { versionId }) });
  const epoch = type === 'rpm' && Number(qualifiers.epoch ?? 0) > 0 ? `${qualifiers.epoch}:` : '';
  const full = `${epoch}${version}`;
  const source = sourceOf(qualifiers.upstream ?? '', type);
  const bySource = known.advisoriesName === 'source';
  return {
    ecosystem: known.ecosystem,
    advisoryName: (bySource ? source.name : '') || name,
    advisoryVersion: bySource && source.version !== '' ? `${epoch}${source.version}` : full,
    name,
    version: full,
    ...(known.release === undefined ? {} : { release: known.release }),
  };
}

function isVendorOf(namespace: string | undefined, id: string): boolean {
  return namespace === undefined || namespace === id || distributionOf({ id }).namespace === namespace;
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
