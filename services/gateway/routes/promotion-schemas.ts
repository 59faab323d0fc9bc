import { z } from 'zod';
import { promotionStates } from '../../../domain/promotion/state.ts';

const states = promotionStates.filter((state) => state !== 'copying');
export const promotionStateSchema = z.enum(states);

export const promotionSchema = z.object({
  id: z.string().describe('promotion/<environment>/<repository>@<digest>'),
  environment: z.string(),
  repository: z.string(),
  digest: z.string(),
  generation: z.number(),
  state: promotionStateSchema,
  tag: z.string().nullable(),
  rollback: z.boolean(),
  requestedBy: z.string(),
  reason: z.string(),
  requestedAt: z.string(),
  updatedAt: z.string(),
  endedAt: z.string().nullable(),
});

export const promotionDetailSchema = promotionSchema.extend({
  verdict: z.number().nullable(),
  decisionDigest: z.string().nullable(),
  approvals: z.array(
    z.object({
      principal: z.string(),
      groups: z.array(z.string()),
      verb: z.string(),
      reason: z.string(),
      decisionDigest: z.string(),
      current: z.boolean().describe('Whether it binds the decision that is asked for now'),
      at: z.string(),
    }),
  ),
});
