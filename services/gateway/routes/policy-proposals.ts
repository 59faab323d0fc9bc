import { z } from 'zod';
import { proposedDigest } from '../../../adapters/postgres/policy-proposals.ts';
import type { ExpectedClaim, GivenProof, ProofReference } from '../../../domain/identity/approval-proof.ts';
import { proofKinds } from '../../../domain/identity/approval-proof.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { refused } from '../refused.ts';
import { onPage } from './on-page.ts';
import { proofSchema } from './proof-schema.ts';
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
  decisions: z.array(
    z.object({
      ...{ principal: z.string(), verb, reason: z.string(), at: z.string() },
      proof: z
        .object({ kind: z.enum(proofKinds), digest: z.string(), by: z.string() })
        .nullable()
        .describe('Their own, as it was verified when it came'),
    }),
  ),
});
const decidedSchema = z.object({
  outcome: z.enum(['counted', 'activated', 'ended']),
  state: z.string().optional(),
  version: z.number().optional(),
  reason: z.string(),
});

/** Policies that wait for people, and their word on them. */
export function registerPolicyProposalRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  const { ports } = deps;
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
          body: z.strictObject({ reason: reasonSchema, proof: proofSchema.optional() }),
          response: { 200: decidedSchema },
        },
      },
      async ({ params: { id }, body, identity }) => {
        const decider = { principal: identity.subject, groups: identity.groups };
        const said = { verb: decided, reason: body.reason };
        const proof = body.proof && (await acceptProof(deps, id, { ...said, by: identity.subject }, body.proof));
        const outcome = await ports.policies.decide(id, { ...said, decider, proof });
        switch (outcome.outcome) {
          case 'unknown':
            throw unknownProposal(id);
          case 'unproven':
            throw new ApiError(409, 'PROOF_REQUIRED', outcome.reason, {
              place: 'proof',
              hint: `pratique policy ${decided} ${id} --reason TEXT --ssh-key FILE${onPage(deps, `policy-proposal/${id}`)}`,
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

async function acceptProof(
  { db, ports }: GatewayDependencies,
  id: string,
  said: Pick<ExpectedClaim, 'verb' | 'reason' | 'by'>,
  proof: GivenProof,
): Promise<ProofReference> {
  const decision = await proposedDigest(db, id);
  if (decision === undefined) throw unknownProposal(id);
  return ports.proofs.accept(proof, { ...said, about: `policy-proposal/${id}`, decision });
}

function unknownProposal(id: string): ApiError {
  return new ApiError(404, 'NOT_FOUND', `there is no proposal ${id}`, {
    place: 'id',
    hint: 'GET /api/v1/policies/proposals lists them',
  });
}
