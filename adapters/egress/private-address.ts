/** Addresses that are not on the public internet: IANA's special-purpose registries (RFC 6890 and its successors). */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

const v4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local: where clouds serve credentials
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
// What carries an IPv4 address inside (NAT64, 6to4, Teredo) can lead to a private one.
const v6: readonly (readonly [string, number])[] = [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
];
const blocked = new BlockList();
for (const [network, prefix] of v4) blocked.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of v6) blocked.addSubnet(network, prefix, 'ipv6');

/**
 * Whether an IP address is one that only an explicitly configured host may resolve to; so is what is no address at all.
 * IPv6 addresses that map an IPv4 one count as what they map.
 */
export function isPrivateAddress(address: string): boolean {
  if (isIPv4(address)) return blocked.check(address, 'ipv4');
  return !isIPv6(address) || blocked.check(address, 'ipv6');
}
