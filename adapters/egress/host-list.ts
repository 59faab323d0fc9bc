import { isLoopbackHost } from '../../domain/artifact/reference.ts';
import type { EgressOptions } from './egress.ts';

/** What the configuration says about one host. */
export interface Standing {
  /** It may be called, whatever its address is. */
  readonly private: boolean;
  /** It may be called at a public address. */
  readonly public: boolean;
  /** It may be called without TLS. */
  readonly plainHttp: boolean;
}

/** Looks hosts up in the configuration; ports that are the protocol's own need not be named. */
export function createHostList({
  configuredHosts,
  plainHttpHosts = [],
  allowPublicHosts,
}: Pick<EgressOptions, 'configuredHosts' | 'plainHttpHosts' | 'allowPublicHosts'>): (url: URL) => Standing {
  const named = new Set(configuredHosts.filter((host) => !host.startsWith('*.')));
  const domains = configuredHosts.filter((host) => host.startsWith('*.')).map((pattern) => pattern.slice(1));
  const plain = new Set(plainHttpHosts);
  const has = (hosts: ReadonlySet<string>, { host, hostname, port, protocol }: URL) =>
    hosts.has(host) || hosts.has(hostname) || (port === '' && hosts.has(`${hostname}:${defaultPort(protocol)}`));
  return (url) => ({
    private: has(named, url),
    public: allowPublicHosts || domains.some((domain) => url.hostname.endsWith(domain)),
    plainHttp: isLoopbackHost(url.host) || has(plain, url),
  });
}

/** Whether an address is at `host[:port]`, however its capitals are and whether or not the protocol's own port is named. */
export function isAtHost(url: URL, host: string): boolean {
  const named = `${url.protocol}//${host}`;
  return URL.canParse(named) && new URL(named).host === url.host;
}

function defaultPort(protocol: string): string {
  return protocol === 'http:' ? '80' : '443';
}
