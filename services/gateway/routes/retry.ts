import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { appendOutbox } from '../../../adapters/postgres/outbox.ts';
import { type ArtifactKey, subjectOf, workflowIds } from '../../../domain/artifact/subject.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { refused } from '../refused.ts';
import { REF_DESCRIPTION, resolveRef } from '../resolve-ref.ts';
import { parsePromotionId, promotionIdSchema } from './promotion-id.ts';

const retriedSchema = z.object({ outcome: z.literal('retried') });

/** Trying now what failed and waits for its next try. */
export function registerRetryRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  const nothingWaits = () =>
    refused('no step of it waits for its next try: it runs, waits for something else, or has ended');
  /** Who asked is on record before anything happens: of what was not recorded nobody could tell. */
  const retry = async (workflowId: string, key: ArtifactKey, actor: string, about: { environment?: string } = {}) => {
    const { workflows } = deps.ports;
    const run = await workflows.describe(workflowId);
    if (run === undefined) throw nothingWaits();
    const waiting = run.pending.find(({ nextTryAt }) => nextTryAt !== undefined);
    await appendOutbox(deps.db, {
      ...{ subject: subjectOf(key), step: `retry-requested/${randomUUID()}`, type: 'step.retry-requested', actor },
      data: { ...about, ...(waiting && { step: waiting.activity, attempt: waiting.attempt }) },
    });
    if (await workflows.retry(workflowId)) return { outcome: 'retried' as const };
    throw nothingWaits();
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
    async ({ body, identity }) => {
      const key = await resolveRef(deps, body.ref);
      return retry(workflowIds.artifact(key), key, identity.subject);
    },
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
    async ({ body, identity }) => {
      const { environment, key } = parsePromotionId(body.promotion);
      return retry(workflowIds.promotion(environment, key), key, identity.subject, { environment });
    },
  );
}
