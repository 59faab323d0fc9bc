import { z } from 'zod';
import { listPromotions, readPromotion } from '../../../adapters/postgres/read-promotions.ts';
import { type Digest, isDigest } from '../../../domain/artifact/digest.ts';
import { type ArtifactKey, workflowIds } from '../../../domain/artifact/subject.ts';
import { ApiError } from '../api-error.ts';
import { describePromotionRun } from '../describe-run.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';
import { previewPromotion, promotionPreviewSchema } from '../preview-promotion.ts';
import { refused } from '../refused.ts';
import { requireEnvironment, requireKnownEnvironment } from '../require-environment.ts';
import { REF_DESCRIPTION, readRef, resolveRef, wholeRef } from '../resolve-ref.ts';
import { onPage } from './on-page.ts';
import { parsePromotionId, promotionIdSchema } from './promotion-id.ts';
import { promotionDetailSchema, promotionSchema, promotionStateSchema } from './promotion-schemas.ts';
import { proofSchema } from './proof-schema.ts';
import { reasonSchema } from './reason-schema.ts';

const decisionSchema = z
  .string()
  .refine(isDigest, 'a digest: sha256:<64 hex digits>')
  .describe('`decisionDigest` of GET /promotion: what the person saw');

/** Asking for promotions, looking at them, deciding about them. */
export function registerPromotionRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/promotions',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Promotions, last requested first',
        querystring: z.object({
          state: promotionStateSchema.optional(),
          environment: z.string().max(63).optional(),
          ...pageQuery,
        }),
        response: { 200: pageSchema(promotionSchema) },
      },
    },
    async ({ query }) => {
      const { state, environment } = query;
      await requireKnownEnvironment(deps, environment);
      return toPage(await listPromotions(deps.db, { state, environment }, readPageQuery(query, 5)));
    },
  );
  api.get(
    '/promotion',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'One promotion, with its approvals',
        querystring: z.object({ id: promotionIdSchema }),
        response: { 200: promotionDetailSchema },
      },
    },
    async ({ query }) => {
      const { environment, key } = parsePromotionId(query.id);
      const found = await readPromotion(deps.db, environment, key);
      if (found === undefined) throw new ApiError(404, 'NOT_FOUND', `there is no ${query.id}`, { place: 'id' });
      return { ...found, run: await describePromotionRun(deps, found) };
    },
  );
  registerRequest(api, deps);
  for (const verb of ['approve', 'reject'] as const) registerDecision(api, deps, verb);
  registerCancel(api, deps);
}

const requestedSchema = z.object({
  outcome: z.enum(['requested', 'already-open', 'already-live']),
  promotion: z.string(),
});

function registerRequest(api: GatewayServer, deps: GatewayDependencies): void {
  api.post(
    '/promotions',
    {
      config: { permission: 'promotion.request' },
      schema: {
        summary: 'Asks for a promotion; with dryRun, says what it would wait for',
        body: z.strictObject({
          ref: z.string().min(1).max(512).describe(REF_DESCRIPTION),
          environment: z.string().min(1).max(63),
          rollback: z.boolean().default(false).describe('Allows going back to an older build'),
          dryRun: z.boolean().default(false),
        }),
        response: { 200: z.union([requestedSchema, promotionPreviewSchema]), 202: requestedSchema },
      },
    },
    async ({ body, identity }, reply) => {
      const ref = await wholeRef(deps, body.ref);
      const key = await resolveRef(deps, ref);
      requireEnvironment(await deps.ports.policies.current(), body.environment);
      const { tag } = { tag: undefined, ...readRef(ref, deps.registry) };
      const request = {
        key,
        environment: body.environment,
        ...(tag === undefined ? {} : { tag }),
        rollback: body.rollback,
        actor: identity.subject,
      };
      if (body.dryRun) return previewPromotion(deps, request);
      const outcome = await deps.ports.promotions.request(request);
      if (outcome.outcome === 'refused') throw refused(outcome.reason);
      if (outcome.outcome === 'already-open' && body.rollback) await requireRollback(deps, body.environment, key);
      return reply
        .code(outcome.outcome === 'already-live' ? 200 : 202)
        .send({ outcome: outcome.outcome, promotion: outcome.promotion });
    },
  );
}

/** What is on its way without it goes live without it: who asks for a rollback would wait for one in vain. */
async function requireRollback({ db }: GatewayDependencies, environment: string, key: ArtifactKey): Promise<void> {
  const open = await readPromotion(db, environment, key);
  if (open === undefined || open.rollback) return;
  throw new ApiError(409, 'REFUSED', 'it was asked for already, and not as a rollback', {
    hint: 'cancel that first, then ask again: POST /api/v1/promotions/cancel',
  });
}

function registerDecision(api: GatewayServer, deps: GatewayDependencies, verb: 'approve' | 'reject'): void {
  api.post(
    `/promotions/${verb}`,
    {
      config: { permission: 'promotion.decide' },
      schema: {
        summary: verb === 'approve' ? 'Approves the decision a promotion waits for' : 'Rejects it',
        body: z.strictObject({
          promotion: promotionIdSchema,
          reason: reasonSchema,
          // Nobody approves what they have not seen; a rejection stops whatever is there.
          decision: verb === 'approve' ? decisionSchema : decisionSchema.optional(),
          proof: proofSchema.optional(),
        }),
        response: { 200: z.object({ outcome: z.literal('counted'), state: z.string(), reason: z.string() }) },
      },
    },
    async ({ body, identity }) => {
      const { environment, key } = parsePromotionId(body.promotion);
      const { reason } = body;
      const decision = body.decision as Digest | undefined;
      const about = workflowIds.promotion(environment, key);
      const expected = { verb, about, decision, by: identity.subject, reason };
      const proof = body.proof === undefined ? undefined : await deps.ports.proofs.accept(body.proof, expected);
      const decider = { principal: identity.subject, groups: identity.groups };
      const outcome = await deps.ports.promotions.decide({ environment, key, verb, reason, decision, decider, proof });
      switch (outcome.outcome) {
        case 'counted':
          return { ...outcome };
        case 'refused':
          await requireUndecided(deps, environment, key);
          throw refused(outcome.reason);
        case 'unproven':
          await requireUndecided(deps, environment, key);
          throw new ApiError(409, 'PROOF_REQUIRED', outcome.reason, {
            place: 'proof',
            hint: `pratique approve ${environment}/${key.repository}@${key.digest} --reason TEXT --ssh-key FILE${onPage(deps, about)}`,
          });
        case 'changed':
          throw new ApiError(409, 'DECISION_CHANGED', `what you saw is not what is decided now: ${outcome.reason}`, {
            place: 'decision',
            hint: `look at it, then approve ${outcome.decision}`,
          });
      }
    },
  );
}

/** What ended it says more than that it is over; and who is asked for a proof of it would find out only after they made one. */
async function requireUndecided({ db }: GatewayDependencies, environment: string, key: ArtifactKey): Promise<void> {
  const found = await readPromotion(db, environment, key);
  if (found !== undefined && found.state !== 'requested' && found.state !== 'waiting')
    throw refused(
      `the promotion is ${found.state}${found.reason === '' ? '' : ` (${found.reason})`}: there is nothing to decide`,
    );
}

function registerCancel(api: GatewayServer, deps: GatewayDependencies): void {
  api.post(
    '/promotions/cancel',
    {
      config: { permission: 'promotion.cancel' },
      schema: {
        summary: 'Ends a promotion that is not live yet; what it is copying is taken out again',
        body: z.strictObject({ promotion: promotionIdSchema, reason: reasonSchema }),
        response: { 200: z.object({ outcome: z.enum(['cancelled', 'taken-back']), promotion: z.string() }) },
      },
    },
    async ({ body, identity }) => {
      const { environment, key } = parsePromotionId(body.promotion);
      const request = { environment, key, reason: body.reason, actor: identity.subject };
      const outcome = await deps.ports.promotions.cancel(request);
      if (outcome.outcome === 'refused') throw refused(outcome.reason);
      return { outcome: outcome.outcome, promotion: workflowIds.promotion(environment, key) };
    },
  );
}
