import { z } from 'zod';
import { proofKinds } from '../../../domain/identity/approval-proof.ts';
import { storedPromotionStates } from '../../../domain/promotion/state.ts';
import { runSchema } from '../describe-run.ts';

export const promotionStateSchema = z.enum(storedPromotionStates);

const waitingForSchema = z.object({
  for: z.enum(['approval', 'freeze', 'stop', 'soak', 'previous-environment', 'signing']),
  until: z.string().nullable().describe('When the freeze or the soak time ends, or the request for approval expires'),
  approvals: z
    .object({
      given: z.number(),
      required: z.number(),
      groups: z.array(z.string()).describe('Where they must come from; empty: anybody'),
    })
    .nullable(),
  environments: z.array(z.string()).describe('Where it must be live first'),
});

export const promotionSchema = z.object({
  id: z.string().describe('promotion/<environment>/<repository>@<digest>'),
  environment: z.string(),
  repository: z.string(),
  digest: z.string(),
  generation: z.number(),
  state: promotionStateSchema.describe('What went live and was taken out by an incident since is quarantined'),
  tag: z.string().nullable(),
  rollback: z.boolean(),
  requestedBy: z.string(),
  reason: z.string(),
  waitingFor: waitingForSchema.nullable().describe('Null unless it waits'),
  requestedAt: z.string(),
  updatedAt: z.string(),
  liveAt: z.string().nullable().describe('When it went live, also of what was taken out since'),
  endedAt: z.string().nullable(),
});

export const promotionRunSchema = runSchema.nullable().describe('What it does; null where it waits or has ended');

export const promotionDetailSchema = promotionSchema.extend({
  run: promotionRunSchema,
  verdict: z.number().nullable(),
  decisionDigest: z
    .string()
    .nullable()
    .describe('What an approval binds to; of what has ended, what was decided then; null before the first verdict'),
  approvals: z.array(
    z.object({
      principal: z.string(),
      groups: z.array(z.string()),
      verb: z.string(),
      reason: z.string(),
      decisionDigest: z.string(),
      current: z.boolean().describe('Whether it answers what is asked now or, of what has ended, was asked last'),
      past: z.string().nullable().describe('Why it counts no more; null while it is current'),
      proof: z
        .object({ kind: z.enum(proofKinds), digest: z.string(), by: z.string() })
        .nullable()
        .describe('Their own proof: whose key or identity it showed, and the digest it is kept under'),
      at: z.string(),
    }),
  ),
});
