/** Addresses that are not on the public internet: IANA's special-purpose registries (RFC 6890 and its successors). */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

const v4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local: where clouds serve credentials
  ['168.63.129.16', 32], // a cloud's own services, at a public address
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
// What is public is inside of 2000::/3 (IANA's IPv6 global unicast); these are not, though they lie there. What carries an IPv4
// address inside (6to4, Teredo) can lead to a private one; NAT64 and translated addresses lie outside.
const v6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];
const blocked = new BlockList();
for (const [network, prefix] of v4) blocked.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of v6) blocked.addSubnet(network, prefix, 'ipv6');
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');
const mapped = new BlockList();
mapped.addSubnet('::ffff:0:0', 96, 'ipv6');

/**
 * Whether an IP address is one that only an explicitly configured host may resolve to; so is what is no address at all.
 * IPv6 addresses that map an IPv4 one count as what they map.
 */
export function isPrivateAddress(address: string): boolean {
  if (isIPv4(address)) return blocked.check(address, 'ipv4');
  if (!isIPv6(address) || blocked.check(address, 'ipv6')) return true;
  return !globalUnicast.check(address, 'ipv6') && !mapped.check(address, 'ipv6');
}

const local = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const)
  local.addSubnet(network, prefix, 'ipv4');
local.addSubnet('fe80::', 10, 'ipv6');
local.addSubnet('::', 96, 'ipv6');

// Where clouds answer their own machines, and give out credentials, at addresses of other kinds.
local.addAddress('168.63.129.16', 'ipv4');
local.addAddress('100.100.100.200', 'ipv4');
local.addAddress('fd00:ec2::254', 'ipv6');

/** Whether it is this machine, its own link or its cloud's services; so is what is no address at all. */
export function isLocalAddress(address: string): boolean {
  if (isIPv4(address)) return local.check(address, 'ipv4');
  return !isIPv6(address) || local.check(address, 'ipv6');
}
