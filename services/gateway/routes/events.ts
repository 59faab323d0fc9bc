import { z } from 'zod';
import { listDeadLetters, listIntake, markReplayed, readDeadLetter } from '../../../adapters/postgres/read-intake.ts';
import { parseSubject } from '../../../domain/artifact/subject.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';

const outcomeSchema = z.enum(['started', 'joined', 'dropped']);
const eventSchema = z.object({
  id: z.string(),
  source: z.string(),
  type: z.string(),
  subject: z.string().nullable(),
  generation: z.number().nullable(),
  outcome: outcomeSchema,
  reason: z.string(),
  tag: z.string().nullable(),
  trace: z.string().nullable(),
  occurredAt: z.string(),
  recordedAt: z.string(),
});
const deadLetterSchema = z.object({
  id: z.number(),
  topic: z.string(),
  partition: z.number(),
  offset: z.number(),
  code: z.string(),
  reason: z.string(),
  bytes: z.number(),
  createdAt: z.string(),
  replayedAt: z.string().nullable(),
  replayedBy: z.string().nullable(),
});

/** Events that came in and what was decided about each; records nobody could decode, and bringing them back. */
export function registerEventRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/events',
    {
      config: { permission: 'event.read' },
      schema: {
        summary: 'Events and their outcome, last recorded first',
        querystring: z.object({
          subject: z
            .string()
            .max(512)
            .refine((subject) => parseSubject(subject) !== undefined, '<repository>@sha256:<64 hex digits>')
            .optional(),
          outcome: outcomeSchema.optional(),
          ...pageQuery,
        }),
        response: { 200: pageSchema(eventSchema) },
      },
    },
    async ({ query }) => {
      const { subject, outcome } = query;
      return toPage(await listIntake(deps.db, { subject, outcome }, readPageQuery(query, 2)));
    },
  );
  api.get(
    '/dead-letters',
    {
      config: { permission: 'event.read' },
      schema: {
        summary: 'Records nobody could decode, newest first',
        querystring: z.object(pageQuery),
        response: { 200: pageSchema(deadLetterSchema) },
      },
    },
    async ({ query }) => toPage(await listDeadLetters(deps.db, readPageQuery(query, 1))),
  );
  api.post(
    '/dead-letters/:id/replay',
    {
      config: { permission: 'event.replay' },
      schema: {
        summary: 'Puts the record into its topic again, as it was',
        params: z.object({ id: z.coerce.number('expected the number of a dead letter').int().positive() }),
        response: { 202: z.object({ id: z.number(), topic: z.string() }) },
      },
    },
    async ({ params: { id }, identity }, reply) => {
      const record = await readDeadLetter(deps.db, id);
      if (record === undefined) throw new ApiError(404, 'NOT_FOUND', `there is no dead letter ${id}`, { place: 'id' });
      await deps.producer.publish(record);
      await markReplayed(deps.db, id, identity.subject);
      return reply.code(202).send({ id, topic: record.topic });
    },
  );
}
