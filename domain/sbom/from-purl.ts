/** What a package URL alone tells of a component: for SBOMs that others wrote. */
import type { Component, Ecosystem } from './component.ts';
import { parsePurl } from './purl.ts';

type PurlFacts = Pick<Component, 'ecosystem' | 'advisoryName' | 'advisoryVersion' | 'name' | 'version' | 'release'>;

const ecosystems: Readonly<Record<string, Ecosystem>> = {
  npm: 'npm',
  pypi: 'PyPI',
  maven: 'Maven',
  golang: 'Go',
  cargo: 'crates.io',
  gem: 'RubyGems',
  nuget: 'NuGet',
  composer: 'Packagist',
};

/** Throws where the text is no package URL. */
export function fromPurl(purl: string): PurlFacts {
  const { type, namespace, name, version = '', qualifiers = {} } = parsePurl(purl);
  if (type === 'deb' || type === 'apk') return fromSystemPurl(type, namespace, name, version, qualifiers);
  const full = namespace === undefined ? name : `${namespace}${type === 'maven' ? ':' : '/'}${name}`;
  const ecosystem = ecosystems[type] ?? 'generic';
  return { ecosystem, advisoryName: full, advisoryVersion: version, name: full, version };
}

/** `upstream=glibc@2.36-9` (without `@` where the versions agree) names the source package, as Syft writes it. */
function fromSystemPurl(
  type: 'deb' | 'apk',
  namespace: string | undefined,
  name: string,
  version: string,
  qualifiers: Readonly<Record<string, string | undefined>>,
): PurlFacts {
  const distribution = type === 'deb' ? 'debian' : 'alpine';
  const known = namespace === undefined || namespace === distribution;
  const [source, sourceVersion] = (qualifiers.upstream ?? '').split('@', 2);
  const release = new RegExp(`^${distribution}-(.+)$`).exec(qualifiers.distro ?? '')?.[1];
  const ecosystem: Ecosystem = type === 'deb' ? 'Debian' : 'Alpine';
  return {
    ecosystem: known ? ecosystem : 'generic',
    advisoryName: source || name,
    advisoryVersion: sourceVersion || version,
    name,
    version,
    ...(known && release !== undefined ? { release } : {}),
  };
}
