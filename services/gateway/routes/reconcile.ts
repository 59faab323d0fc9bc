import { z } from 'zod';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';

/** Comparing the registry with what was seen, now. */
export function registerReconcileRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.post(
    '/reconcile',
    {
      config: { permission: 'event.replay' },
      schema: {
        summary: 'Lists the registry and starts what was missed',
        response: { 202: z.object({ workflowId: z.string() }) },
      },
    },
    async ({ identity }, reply) => {
      const { workflowId } = await deps.ports.startReconcile(identity.subject);
      return reply.code(202).send({ workflowId });
    },
  );
}
