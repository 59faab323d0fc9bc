import { z } from 'zod';
import type { GatewayDependencies } from './gateway-server.ts';

export const runSchema = z.object({
  workflowId: z.string(),
  status: z.string().describe('As Temporal says; `unreachable` where it does not answer'),
  pending: z
    .array(
      z.object({
        activity: z.string(),
        attempt: z.number(),
        lastFailure: z.string().optional(),
        nextTryAt: z.string().optional(),
      }),
    )
    .describe('What runs now, or is tried again'),
});

/** What a workflow does now. What the database knows is worth showing while Temporal is away. */
export async function describeRun(
  { ports }: GatewayDependencies,
  workflowId: string,
): Promise<z.infer<typeof runSchema>> {
  try {
    const description = await ports.workflows.describe(workflowId);
    return {
      workflowId,
      status: description?.status ?? 'not-started',
      pending: (description?.pending ?? []).map(({ activity, attempt, lastFailure, nextTryAt }) => ({
        activity,
        attempt,
        ...(lastFailure === undefined ? {} : { lastFailure }),
        ...(nextTryAt === undefined ? {} : { nextTryAt }),
      })),
    };
  } catch {
    return { workflowId, status: 'unreachable', pending: [] };
  }
}

/** Of a promotion that is on its way; of one that waits its state says for what, and one that has ended does nothing. */
export async function describePromotionRun(
  deps: GatewayDependencies,
  { id, state }: { readonly id: string; readonly state: string },
): Promise<z.infer<typeof runSchema> | null> {
  return state === 'requested' || state === 'reserved' ? describeRun(deps, id) : null;
}
