import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { TokenIdentity } from '../../../adapters/postgres/token-store.ts';
import { createCounter } from '../../../adapters/telemetry/instruments.ts';
import { MAX_ID_LENGTH } from '../../../domain/events/cdevents.ts';
import { buildEventSchema, decodeCloudEvent, finishedBuildSchema } from '../../../domain/events/decode-intake-event.ts';
import { EventError } from '../../../domain/events/event-error.ts';
import type { BuildFinished } from '../../../domain/events/intake-event.ts';
import { matchesPattern } from '../../../domain/policy/repository-pattern.ts';
import { ApiError, errorSchema } from '../api-error.ts';
import { identify } from '../authenticate.ts';
import { readCloudEvent } from '../cloud-event-request.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { publishEvents } from '../publish-events.ts';
import { readRawBody } from '../raw-body.ts';
import type { RequestGuard } from '../request-limits.ts';

const acceptedSchema = z.object({ id: z.string().describe('The id the event is recorded under') });

const binarySchema = finishedBuildSchema.describe(
  'Binary mode: the data, with the attributes in the headers ce-specversion, ce-id, ce-source, ce-type and ce-time',
);

/** `POST /events`: what build systems say of their builds, as CloudEvents. 202 means that the event is in Kafka. */
export function registerSourceEventRoutes(app: GatewayServer, deps: GatewayDependencies, guard: RequestGuard): void {
  const calls = createCounter('pratique_source_events_total');
  readRawBody(app);
  const identities = new WeakMap<FastifyRequest, TokenIdentity>();
  app.post(
    '/events',
    {
      config: { takes: { 'application/cloudevents+json': buildEventSchema, 'application/json': binarySchema } },
      schema: {
        summary: 'A finished build, as a CloudEvent with the CDEvents type dev.cdevents.build.finished',
        description:
          'Structured (application/cloudevents+json) or binary mode. The token must speak for the repository and the builder.',
        response: {
          202: acceptedSchema,
          400: errorSchema,
          401: errorSchema,
          403: errorSchema,
          413: errorSchema,
          415: errorSchema,
          429: errorSchema,
          503: errorSchema,
        },
      },
      onRequest: async (request) => {
        identities.set(request, await identify(deps.tokens, guard, request));
      },
      onError: async (_request, _reply, error) => calls.add(1, { outcome: outcomeOf(error) }),
    },
    async (request, reply) => {
      const identity = identities.get(request) as TokenIdentity;
      const event = decodeBuild(readCloudEvent(request.headers, request.body as Uint8Array), deps.registry);
      checkSpeaksFor(identity, event);
      const named: BuildFinished = {
        ...event,
        // Ids are the sender's own: one token can not use up, or take, an id of another source.
        id: ownId(identity.subject, event.id),
        source: `/sources/${identity.subject}`,
      };
      await publishEvents(deps, [named]);
      calls.add(1, { outcome: 'accepted' });
      return reply.code(202).send({ id: named.id });
    },
  );
}

/** The id under which it goes on; what would be longer than an id may be is one of the same length for all. */
function ownId(subject: string, id: string): string {
  const whole = `source:${subject}:${id}`;
  return whole.length <= MAX_ID_LENGTH
    ? whole
    : `source:${subject}:sha256:${createHash('sha256').update(id).digest('hex')}`;
}

function decodeBuild(value: unknown, registry: string): BuildFinished {
  const event = decodeCloudEvent(value, registry);
  if (event.kind === 'build-finished') return event;
  throw new EventError('EVENT_TYPE_UNKNOWN', '$.type', 'only dev.cdevents.build.finished is taken here');
}

function checkSpeaksFor(identity: TokenIdentity, event: BuildFinished): void {
  const covers = (patterns: readonly string[], name: string) =>
    patterns.some((pattern) => matchesPattern(pattern, name));
  const refuse = (what: string, place: string) =>
    new ApiError(403, 'FORBIDDEN', `this token does not speak for the ${what}`, {
      place,
      hint: `an admin makes a token whose speaksFor covers it`,
    });
  if (!covers(identity.speaksFor.repositories, event.repository))
    throw refuse(`repository ${event.repository}`, '$.data.subject.content.artifactId');
  if (!covers(identity.speaksFor.builders, event.builder.id))
    throw refuse(`builder ${event.builder.id}`, '$.data.customData.builder.id');
}

function outcomeOf(error: Error & { statusCode?: number }): string {
  if (error instanceof ApiError) {
    if (error.status === 401) return 'unauthorized';
    if (error.status === 429) return 'limited';
    return error.status === 403 ? 'forbidden' : 'malformed';
  }
  return error instanceof EventError || error.statusCode === 413 ? 'malformed' : 'unavailable';
}
