import { z } from 'zod';
import { durationSchema } from '../../../domain/policy/duration.ts';
import { keyReferenceProblem } from '../../../domain/trust/key-reference.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { refused } from '../refused.ts';
import { answeredDigest } from './answered-digest.ts';
import { reasonSchema } from './reason-schema.ts';

const rotationSchema = z.object({
  id: z.string(),
  key: z.string(),
  reason: z.string(),
  requestedBy: z.string(),
  requestedAt: z.string(),
  overlapSeconds: z.number(),
  reference: z.string().optional(),
  state: z.enum(['requested', 'signing', 'overlap', 'done', 'failed']),
  note: z.string().describe('What keeps it, while something does'),
  oldKeys: z.array(z.string()),
  newKey: z.string().optional(),
  retireAt: z.string().optional(),
  endedAt: z.string().optional(),
  signed: z.number(),
  remaining: z.number(),
  refused: z
    .array(z.object({ environment: z.string(), destination: z.string(), digest: answeredDigest, reason: z.string() }))
    .describe('Live, and not signed again'),
});

const reference = z
  .string()
  .max(1000)
  .superRefine((text, context) => {
    const message = keyReferenceProblem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .optional();

/** One key in the place of another. */
export function registerKeyRotationRoutes(api: GatewayServer, { ports }: GatewayDependencies): void {
  api.post(
    '/keys/rotations',
    {
      config: { permission: 'key.rotate' },
      schema: {
        summary: 'Puts a new key in the place of an own one: what is live is signed again, then the old one is retired',
        body: z.strictObject({
          key: z.string().trim().min(1).max(100).describe('evidence, admission-<environment>'),
          reason: reasonSchema,
          overlap: durationSchema.default(7 * 86_400).describe('ISO 8601: how long the old key counts beside the new'),
          reference: reference.describe('where the new key is held; without it the trust worker makes one'),
        }),
        response: { 202: z.object({ outcome: z.enum(['requested', 'already-open']), rotation: z.string() }) },
      },
    },
    async ({ body, identity }, reply) => {
      const { key, reason, overlap, reference: held } = body;
      if (!(await ports.keys.listOwn()).some(({ name }) => name === body.key))
        throw new ApiError(404, 'NOT_FOUND', `there is no own key ${body.key}`, {
          place: 'key',
          hint: 'GET /api/v1/keys lists them',
        });
      const outcome = await ports.rotations.request(
        { key, reason, overlapSeconds: overlap, reference: held },
        identity.subject,
      );
      if (outcome.outcome === 'refused') throw refused(outcome.reason);
      return reply.code(202).send(outcome);
    },
  );
  api.get(
    '/keys/rotations',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Rotations, newest first: how far each is, and what was not signed again',
        response: { 200: z.object({ rotations: z.array(rotationSchema) }) },
      },
    },
    async () => {
      const rotations = await ports.rotations.list();
      return {
        rotations: rotations.map((one) => ({ ...one, oldKeys: [...one.oldKeys], refused: [...one.refused] })),
      };
    },
  );
}
