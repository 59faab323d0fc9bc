/**
 * Where the local registry sends its users for a token: the gateway, by name. Clients built on go-containerregistry (crane, ko)
 * refuse a realm that is a private or loopback address and not the registry itself (its #2258).
 */
export function registryRealm(gatewayUrl: string): URL {
  const url = new URL('/registry/token', gatewayUrl);
  if (url.hostname === '127.0.0.1') url.hostname = 'localhost';
  return url;
}
