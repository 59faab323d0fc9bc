import { z } from 'zod';
import { workflowIds } from '../../../domain/artifact/subject.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { refused } from '../refused.ts';
import { REF_DESCRIPTION, resolveRef } from '../resolve-ref.ts';
import { parsePromotionId, promotionIdSchema } from './promotion-id.ts';

const retriedSchema = z.object({ outcome: z.literal('retried') });

/** Trying now what failed and waits for its next try. */
export function registerRetryRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  const retry = async (workflowId: string) => {
    if (await deps.ports.workflows.retry(workflowId)) return { outcome: 'retried' as const };
    throw refused('no step of it waits for its next try: it runs, waits for something else, or has ended');
  };
  api.post(
    '/artifact/retry',
    {
      config: { permission: 'step.retry' },
      schema: {
        summary: 'Tries the step that an artifact waits with now, where it failed',
        body: z.strictObject({ ref: z.string().min(1).max(512).describe(REF_DESCRIPTION) }),
        response: { 200: retriedSchema },
      },
    },
    async ({ body }) => retry(workflowIds.artifact(await resolveRef(deps, body.ref))),
  );
  api.post(
    '/promotions/retry',
    {
      config: { permission: 'step.retry' },
      schema: {
        summary: 'Tries the step that a promotion waits with now, where it failed',
        body: z.strictObject({ promotion: promotionIdSchema }),
        response: { 200: retriedSchema },
      },
    },
    async ({ body }) => {
      const { environment, key } = parsePromotionId(body.promotion);
      return retry(workflowIds.promotion(environment, key));
    },
  );
}
