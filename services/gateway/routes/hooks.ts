import { z } from 'zod';
import { createCounter } from '../../../adapters/telemetry/instruments.ts';
import { EventError } from '../../../domain/events/event-error.ts';
import type { WebhookKind } from '../../../domain/events/registry-webhook/webhook-kind.ts';
import { webhookKinds } from '../../../domain/events/registry-webhook/webhook-kinds.ts';
import { ApiError, errorSchema } from '../api-error.ts';
import { bearerOf, isSameSecret } from '../authenticate.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { createPlannedFilter } from '../planned-filter.ts';
import { publishEvents, publishUnread } from '../publish-events.ts';
import { readRawBody } from '../raw-body.ts';
import type { RequestGuard } from '../request-limits.ts';

const acceptedSchema = z.object({
  accepted: z.number().int().describe('Events that are in the log now, or recorded as planned by Pratique'),
  skipped: z.record(z.string(), z.number()).describe('What was not for us, by reason'),
  unread: z.number().int().describe('Events that are not of the form, and end among the dead letters'),
});

/** `POST /hooks/<kind>` for each registry product: 202 means that every event is in Kafka, also what could not be read, or recorded as planned. */
export function registerHookRoutes(app: GatewayServer, deps: GatewayDependencies, guard: RequestGuard): void {
  readRawBody(app);
  const notPlanned = createPlannedFilter(deps.db);
  for (const kind of webhookKinds) registerHook(app, { ...deps, notPlanned, guard }, kind);
}

interface HookDependencies extends GatewayDependencies {
  readonly notPlanned: ReturnType<typeof createPlannedFilter>;
  readonly guard: RequestGuard;
}

function registerHook(app: GatewayServer, deps: HookDependencies, kind: WebhookKind): void {
  const calls = createCounter('pratique_webhook_calls_total');
  const events = createCounter('pratique_webhook_events_total');
  const count = (outcome: string) => calls.add(1, { kind: kind.kind, outcome });

  app.post(
    `/hooks/${kind.kind}`,
    {
      config: { takes: Object.fromEntries(kind.contentTypes.map((type) => [type, kind.body])) },
      schema: {
        summary: `Notifications of the ${kind.kind} registry`,
        description: `Content type: ${kind.contentTypes.join(' or ')}. Authorization: Bearer with the shared secret.`,
        response: {
          202: acceptedSchema,
          400: errorSchema,
          401: errorSchema,
          413: errorSchema,
          415: errorSchema,
          429: errorSchema,
          503: errorSchema,
        },
      },
      // Before a byte of the body is read.
      onRequest: async (request) => {
        const isKnown = isSameSecret(bearerOf(request) ?? '', deps.webhookSecret);
        // A stranger at the registry's address does not use up what the registry may send.
        deps.guard(`${isKnown ? 'known' : 'unknown'} ${request.ip}`);
        if (!isKnown) {
          count('unauthorized');
          throw new ApiError(401, 'UNAUTHENTICATED', "the webhook's shared secret is missing or wrong", {
            hint: 'the registry sends it as Authorization: Bearer <secret>',
          });
        }
        const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
        if (kind.contentTypes.includes(type)) return;
        count('malformed');
        throw new ApiError(415, 'UNSUPPORTED_MEDIA_TYPE', `expected ${kind.contentTypes.join(' or ')}`, {
          place: 'content-type',
        });
      },
      onError: async (_request, _reply, error) => {
        if (error instanceof ApiError && error.status === 429) count('limited');
        else if (error instanceof EventError || (error as { statusCode?: number }).statusCode === 413)
          count('malformed');
        else if (!(error instanceof ApiError)) count('unavailable');
      },
    },
    async (request, reply) => {
      const content = kind.decode(request.body as Uint8Array, deps.registry);
      await publishUnread(deps, content.unread);
      await publishEvents(deps, await deps.notPlanned(content.events));
      count('accepted');
      if (content.events.length > 0) events.add(content.events.length, { kind: kind.kind, outcome: 'accepted' });
      for (const [reason, skipped] of Object.entries(content.skipped))
        events.add(skipped, { kind: kind.kind, outcome: reason });
      if (content.unread.length > 0) events.add(content.unread.length, { kind: kind.kind, outcome: 'unread' });
      const [accepted, unread] = [content.events.length, content.unread.length];
      return reply.code(202).send({ accepted, skipped: { ...content.skipped }, unread });
    },
  );
}
