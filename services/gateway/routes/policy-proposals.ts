import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { refused } from '../refused.ts';
import { reasonSchema } from './reason-schema.ts';

const verb = z.enum(['approve', 'reject']);
const proposalSchema = z.object({
  id: z.string(),
  version: z.number(),
  digest: z.string(),
  fileName: z.string(),
  text: z.string(),
  proposedBy: z.string(),
  proposedAt: z.string(),
  state: z.enum(['waiting', 'active', 'rejected', 'expired', 'superseded']),
  reason: z.string(),
  decisions: z.array(z.object({ principal: z.string(), verb, reason: z.string(), at: z.string() })),
});
const decidedSchema = z.object({
  outcome: z.enum(['counted', 'activated', 'ended']),
  state: z.string().optional(),
  version: z.number().optional(),
  reason: z.string(),
});

/** Policies that wait for people, and their word on them. */
export function registerPolicyProposalRoutes(api: GatewayServer, { ports }: GatewayDependencies): void {
  api.get(
    '/policies/proposals',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Proposed policies, newest first',
        response: { 200: z.object({ items: z.array(proposalSchema) }) },
      },
    },
    async () => ({
      items: (await ports.policies.proposals()).map((proposal) => ({
        ...proposal,
        decisions: [...proposal.decisions],
      })),
    }),
  );
  for (const decided of verb.options)
    api.post(
      `/policies/proposals/:id/${decided}`,
      {
        config: { permission: 'policy.decide' },
        schema: {
          summary: decided === 'approve' ? 'Agrees to a proposed policy' : 'Rejects it',
          params: z.object({ id: z.uuid('the id of a proposal') }),
          body: z.strictObject({ reason: reasonSchema }),
          response: { 200: decidedSchema },
        },
      },
      async ({ params: { id }, body, identity }) => {
        const decider = { principal: identity.subject, groups: identity.groups };
        const outcome = await ports.policies.decide(id, { verb: decided, reason: body.reason, decider });
        switch (outcome.outcome) {
          case 'unknown':
            throw new ApiError(404, 'NOT_FOUND', `there is no proposal ${id}`, {
              place: 'id',
              hint: 'GET /api/v1/policies/proposals lists them',
            });
          case 'refused':
            throw refused(outcome.reason);
          case 'counted':
          case 'ended':
          case 'activated':
            return outcome;
        }
      },
    );
}
