/** How `fetch:` commands get at packages, and at nothing else. */
import { startPackageProxy } from '../egress/package-proxy.ts';
import type { BuildLog } from './build-log.ts';
import { directHostsOf, isProxyVariable, knownPackageHosts, packageHostsOf, upstreamProxyOf } from './package-hosts.ts';
import { type Sandbox, wayOutAddress } from './sandbox.ts';

interface FetchOptions {
  readonly sandbox: Sandbox;
  readonly root: string;
  readonly fetchEnvironment: Readonly<Record<string, string>>;
  readonly log: BuildLog;
}

/** Where there is a way out, it is the only proxy, and the one behind it is not the recipe's to know. */
export function fetchEnvironmentOf({ sandbox, fetchEnvironment: given }: FetchOptions): Record<string, string> {
  if (!sandbox.hasWayOut) return { ...given };
  const kept = Object.entries(given).filter(([name]) => !isProxyVariable(name));
  const proxies = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map((name) => [name, wayOutAddress]);
  return { ...Object.fromEntries(kept), ...Object.fromEntries(proxies), no_proxy: '', NO_PROXY: '' };
}

/** Packages come from public hosts and from those the environment names: nothing else of this machine's network is there. */
export async function openWayOut(
  options: FetchOptions,
): Promise<{ socket: string; close(): Promise<void> } | undefined> {
  const { sandbox, root, fetchEnvironment: given, log } = options;
  if (!sandbox.hasWayOut) {
    log.write(Buffer.from('(this machine cannot bound it: the fetch has all of its network)\n'));
    return undefined;
  }
  const socket = `${root}.out`;
  const upstream = upstreamProxyOf(given);
  const proxy = await startPackageProxy({
    socket,
    configuredHosts: packageHostsOf(given),
    knownHosts: knownPackageHosts,
    direct: directHostsOf(given),
    ...(upstream === undefined ? {} : { upstream }),
  });
  return {
    socket,
    async close() {
      await proxy.close();
      if (proxy.refused.size > 0)
        log.write(
          Buffer.from(`(not reached, as packages are not fetched from there: ${[...proxy.refused].join(', ')})\n`),
        );
    },
  };
}
