import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';

/** Every resource of /api/v1, by hand. */
export const apiRoutes: readonly ((api: GatewayServer, deps: GatewayDependencies) => void)[] = [];
