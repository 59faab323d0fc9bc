import { z } from 'zod';
import { readIncident } from '../../../adapters/postgres/read-incidents.ts';
import { readRebuild } from '../../../adapters/postgres/read-rebuilds.ts';
import { planRebuild } from '../../../adapters/postgres/rebuild-book.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { refused } from '../refused.ts';
import { REF_DESCRIPTION, resolveRef } from '../resolve-ref.ts';
import { reasonSchema } from './reason-schema.ts';

const requestedSchema = z.object({ outcome: z.enum(['requested', 'already-open']), rebuild: z.string() });
const rebuildSchema = z.object({
  id: z.string(),
  repository: z.string(),
  digest: z.string(),
  incident: z.string().nullable(),
  state: z.enum(['requested', 'building', 'identical', 'different', 'failed']),
  source: z.record(z.string(), z.unknown()).nullable(),
  newDigest: z.string().nullable(),
  difference: z.unknown().describe('What differs, file by file'),
  reason: z.string(),
  requestedBy: z.string(),
  requestedAt: z.string(),
  endedAt: z.string().nullable(),
});

/** Rebuilding an artifact from trusted source, and what came of it. */
export function registerRebuildRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.post(
    '/rebuilds',
    {
      config: { permission: 'rebuild.request' },
      schema: {
        summary: 'Asks for a rebuild',
        body: z.strictObject({
          ref: z.string().min(1).max(512).describe(REF_DESCRIPTION),
          incident: z.string().min(1).max(128).optional().describe('The incident it is made for'),
          reason: reasonSchema,
        }),
        response: { 202: requestedSchema },
      },
    },
    async ({ body, identity }, reply) => {
      const key = await resolveRef(deps, body.ref);
      await requireIncident(deps, body.incident);
      // What can not be planned now would fail a moment after it was asked for, with nobody looking.
      const plan = await planRebuild(deps.db, await deps.ports.policies.current(), key);
      if (plan.outcome === 'impossible') throw refused(plan.reason);
      const outcome = await deps.ports.rebuilds.request({
        key,
        ...(body.incident === undefined ? {} : { incident: body.incident }),
        reason: body.reason,
        actor: identity.subject,
      });
      if (outcome.outcome === 'refused') throw refused(outcome.reason);
      return reply.code(202).send({ outcome: outcome.outcome, rebuild: outcome.rebuild });
    },
  );
  api.get(
    '/rebuilds/:id',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'One rebuild, with what differs',
        params: z.object({ id: z.string().min(1).max(128) }),
        response: { 200: rebuildSchema },
      },
    },
    async ({ params: { id } }) => {
      const found = await readRebuild(deps.db, id);
      if (found === undefined) throw new ApiError(404, 'NOT_FOUND', `there is no rebuild ${id}`, { place: 'id' });
      return found;
    },
  );
}

async function requireIncident({ db }: GatewayDependencies, id: string | undefined): Promise<void> {
  if (id !== undefined && (await readIncident(db, id)) === undefined)
    throw new ApiError(404, 'NOT_FOUND', `there is no incident ${id}`, { place: 'incident' });
}
