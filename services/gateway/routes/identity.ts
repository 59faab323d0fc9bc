import { z } from 'zod';
import { roleSchema } from '../../../domain/identity/role.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';

/** Who a token is: what a person puts their own proof on names them as the server does. */
export function registerIdentityRoutes(api: GatewayServer, _deps: GatewayDependencies): void {
  api.get(
    '/identity',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Who the token of this request is',
        response: { 200: z.object({ subject: z.string(), role: roleSchema, groups: z.array(z.string()) }) },
      },
    },
    async ({ identity: { subject, role, groups } }) => ({ subject, role, groups: [...groups] }),
  );
}
