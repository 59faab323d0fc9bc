import type { GatewayDependencies } from '../gateway-server.ts';

/** Where it can be done with a passkey. */
export function onPage({ relyingParty }: GatewayDependencies, about: string): string {
  return relyingParty === undefined ? '' : `; or with a passkey: ${relyingParty.page}#${about}`;
}
