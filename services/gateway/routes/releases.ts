import { z } from 'zod';
import { listReleases, releasedDigest } from '../../../adapters/postgres/read-releases.ts';
import { type Digest, isDigest } from '../../../domain/artifact/digest.ts';
import type { ExpectedClaim, GivenProof, ProofReference } from '../../../domain/identity/approval-proof.ts';
import { IncidentError, type ReleaseOutcome } from '../../../domain/incident/incident-desk.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';
import { refused } from '../refused.ts';
import { REF_DESCRIPTION, resolveRef } from '../resolve-ref.ts';
import { releaseStateSchema, releaseSummarySchema } from './incident-schemas.ts';
import { proofSchema } from './proof-schema.ts';
import { reasonSchema } from './reason-schema.ts';

const releaseSchema = z.object({
  outcome: z.enum(['waiting', 'released', 'rejected']),
  request: z.string().optional().describe('What another person approves or rejects'),
  reason: z.string().optional().describe('Who rejected it, and why'),
  incidents: z.array(z.string()).optional(),
  repositories: z.array(z.string()).optional(),
});

/** Letting an artifact out of quarantine: one person asks, another decides. */
export function registerReleaseRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/releases',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Releases that were asked for, the last first',
        querystring: z.object({ state: releaseStateSchema.optional(), ...pageQuery }),
        response: { 200: pageSchema(releaseSummarySchema) },
      },
    },
    async ({ query }) => toPage(await listReleases(deps.db, { state: query.state }, readPageQuery(query, 2))),
  );
  api.post(
    '/releases',
    {
      config: { permission: 'release.request' },
      schema: {
        summary: 'Asks for the release of an artifact',
        body: z.strictObject({ ref: z.string().min(1).max(512).describe(REF_DESCRIPTION), reason: reasonSchema }),
        response: { 200: releaseSchema, 202: releaseSchema },
      },
    },
    async ({ body, identity }, reply) => {
      // A digest can be fenced before it was ever pushed.
      const digest = isDigest(body.ref) ? body.ref : (await resolveRef(deps, body.ref)).digest;
      const { incidents } = deps.ports;
      const outcome = await incidents.requestRelease({ digest, reason: body.reason, actor: identity.subject });
      return reply.code(outcome.outcome === 'waiting' ? 202 : 200).send(toRelease(outcome));
    },
  );
  for (const verb of ['approve', 'reject'] as const)
    api.post(
      `/releases/:id/${verb}`,
      {
        config: { permission: 'release.decide' },
        schema: {
          summary: verb === 'approve' ? 'Approves a release and carries it out' : 'Rejects a release',
          params: z.object({ id: z.string().min(1).max(128) }),
          body: z.strictObject({ reason: reasonSchema, proof: proofSchema.optional() }),
          response: { 200: releaseSchema },
        },
      },
      async ({ params: { id }, body: { reason, proof }, identity: { subject } }) => {
        const outcome = await deps.ports.incidents.decideRelease({
          ...{ request: id, verb, reason, actor: subject },
          proof: proof === undefined ? undefined : await acceptProof(deps, id, { verb, reason, by: subject }, proof),
        });
        // Who is asked for a proof of what is not there would find out only after they made one.
        if (outcome.outcome === 'unproven') await requireRelease(deps, id);
        return toRelease(outcome);
      },
    );
}

/** What it would release. */
async function requireRelease({ db }: GatewayDependencies, id: string): Promise<Digest> {
  const digest = await releasedDigest(db, id);
  if (digest === undefined) throw new IncidentError('RELEASE_UNKNOWN', `there is no release request ${id}`);
  return digest;
}

async function acceptProof(
  deps: GatewayDependencies,
  id: string,
  said: Pick<ExpectedClaim, 'verb' | 'reason' | 'by'>,
  proof: GivenProof,
): Promise<ProofReference> {
  const decision = await requireRelease(deps, id);
  return deps.ports.proofs.accept(proof, { ...said, about: `release/${id}`, decision });
}

function toRelease(outcome: ReleaseOutcome): z.infer<typeof releaseSchema> {
  switch (outcome.outcome) {
    case 'waiting':
      return { outcome: 'waiting', request: outcome.request };
    case 'released':
      return { outcome: 'released', incidents: [...outcome.incidents], repositories: [...outcome.repositories] };
    case 'rejected':
      return { outcome: 'rejected', request: outcome.request, reason: outcome.reason };
    case 'unproven':
      throw new ApiError(409, 'PROOF_REQUIRED', outcome.reason, {
        place: 'proof',
        hint: 'pratique approve rel-… --reason TEXT --ssh-key FILE; or with a passkey, on the page of approvals',
      });
    case 'refused':
      throw refused(outcome.reason);
  }
}
