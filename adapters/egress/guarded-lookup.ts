import type { LookupFunction } from 'node:net';
import { EgressError } from './egress-error.ts';
import { isLocalAddress, isPrivateAddress } from './private-address.ts';

/**
 * Resolves like `lookup` does, and refuses names that lead, with any of their addresses, into private networks. The socket
 * connects to what this answers: a name that changes between two look-ups gains nothing.
 */
export function publicAddressesOnly(lookup: LookupFunction): LookupFunction {
  return refusing(lookup, isPrivateAddress);
}

/** The same for names that are known: wherever they lead, it is not to this machine or to what serves its cloud's credentials. */
export function othersAddressesOnly(lookup: LookupFunction): LookupFunction {
  return refusing(lookup, isLocalAddress);
}

function refusing(lookup: LookupFunction, isRefused: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer) => {
      if (error !== null) return callback(error, '');
      const addresses = Array.isArray(answer) ? answer : [];
      const [first] = addresses;
      if (first === undefined || addresses.some(({ address }) => isRefused(address)))
        return callback(
          new EgressError(
            'EGRESS_HOST_NOT_ALLOWED',
            `${hostname} leads to an address that is not public; name the host in the configuration if it is meant to be reached`,
          ),
          '',
        );
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
