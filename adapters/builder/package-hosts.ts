/** Where package clients fetch from unless they are told otherwise. */
export const knownPackageHosts = [
  'registry.npmjs.org',
  ...['pypi.org', 'files.pythonhosted.org'],
  ...['repo.maven.apache.org', 'repo1.maven.org'],
  ...['proxy.golang.org', 'sum.golang.org'],
  ...['index.crates.io', 'static.crates.io', 'crates.io'],
];

/** The addresses and other words of a variable's list, by any separator that package clients know: `|` is GOPROXY's. */
export function wordsOf(value: string): string[] {
  return value.split(/[\s,|]+/);
}

/** Hosts that the environment of the package clients names: an own registry, an index, a proxy for modules. */
export function packageHostsOf(environment: Readonly<Record<string, string>>): string[] {
  const addresses = Object.entries(environment)
    .filter(([name]) => !isProxyVariable(name))
    .flatMap(([, value]) => wordsOf(value))
    .filter((word) => /^https?:\/\//.test(word) && URL.canParse(word));
  return [...new Set(addresses.map((address) => new URL(address).host))];
}

/** Variables that say which proxy to use, in either spelling. */
export function isProxyVariable(name: string): boolean {
  return /^(?:https?|no|all)_proxy$/i.test(name);
}

/** The proxy the environment names: for https before http. Undefined where there is none, or one that is not spoken to in plain HTTP. */
export function upstreamProxyOf(environment: Readonly<Record<string, string>>): URL | undefined {
  const named = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'].flatMap((name) => environment[name] ?? []);
  const [first] = named.filter((value) => /^http:\/\//.test(value) && URL.canParse(value));
  return first === undefined ? undefined : new URL(first);
}

/** What the environment says is reached without it. */
export function directHostsOf(environment: Readonly<Record<string, string>>): string[] {
  const value = environment.no_proxy ?? environment.NO_PROXY ?? '';
  return value.split(',').flatMap((one) => one.trim() || []);
}
