/** Hosts where anybody may publish a package under any name that is free. */
const PUBLIC_HOSTS: ReadonlySet<string> = new Set([
  'registry.npmjs.org',
  'registry.yarnpkg.com',
  'registry.npmmirror.com',
  'npm.jsr.io',
  'pypi.org',
  'pypi.python.org',
  'files.pythonhosted.org',
  'crates.io',
  'index.crates.io',
  'static.crates.io',
  'rubygems.org',
  'index.rubygems.org',
  'packagist.org',
  'repo.packagist.org',
  'api.nuget.org',
  'www.nuget.org',
  'repo.maven.apache.org',
  'repo1.maven.org',
  'plugins.gradle.org',
  'jitpack.io',
  'repo.hex.pm',
  'hex.pm',
  'pub.dev',
  'pub.dartlang.org',
  'proxy.golang.org',
  'docker.io',
]);

/** `origin` is `https://registry.npmjs.org`. */
export function isPublicRegistry(origin: string): boolean {
  return PUBLIC_HOSTS.has(
    origin
      .replace(/^\w+:\/\//, '')
      .replace(/:\d+$/, '')
      .toLowerCase(),
  );
}
