import { z } from 'zod';
import { listIncidents, readIncident } from '../../../adapters/postgres/read-incidents.ts';
import type { IncidentPreview } from '../../../domain/incident/incident-desk.ts';
import { parseSelector } from '../../../domain/incident/selector.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';
import { incidentDetailSchema, incidentPreviewSchema, incidentSummarySchema } from './incident-schemas.ts';
import { reasonSchema } from './reason-schema.ts';

const params = z.object({ id: z.string().min(1).max(128) });

/** Opening incidents, looking at them, closing them. */
export function registerIncidentRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/incidents',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Incidents, last opened first',
        querystring: z.object({ state: z.enum(['open', 'contained', 'closed']).optional(), ...pageQuery }),
        response: { 200: pageSchema(incidentSummarySchema) },
      },
    },
    async ({ query }) => toPage(await listIncidents(deps.db, { state: query.state }, readPageQuery(query, 2))),
  );
  api.get(
    '/incidents/:id',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'One incident, with what it selected and how far each is',
        params,
        response: { 200: incidentDetailSchema },
      },
    },
    async ({ params: { id } }) => {
      const found = await readIncident(deps.db, id);
      if (found === undefined) throw new ApiError(404, 'NOT_FOUND', `there is no incident ${id}`, { place: 'id' });
      return found;
    },
  );
  api.post(
    '/incidents/:id/close',
    {
      config: { permission: 'incident.close' },
      schema: {
        summary: 'Closes an incident; what was not released stays denied',
        params,
        body: z.strictObject({ reason: reasonSchema }),
        response: { 200: z.object({ id: z.string() }) },
      },
    },
    async ({ params: { id }, body, identity }) => {
      await deps.ports.incidents.close({ incident: id, reason: body.reason, actor: identity.subject });
      return { id };
    },
  );
  registerOpen(api, deps);
}

function registerOpen(api: GatewayServer, deps: GatewayDependencies): void {
  api.post(
    '/incidents',
    {
      config: { permission: 'incident.open' },
      schema: {
        summary: 'Quarantines everything a selector names; with dryRun, says what that is',
        body: z.strictObject({
          selector: z
            .string()
            .min(1)
            .max(2100)
            .describe(
              'A digest, a purl, or builder:, signer:, host:, source:, commit:, layer:, component: with a value',
            ),
          reason: reasonSchema,
          dryRun: z.boolean().default(false),
        }),
        response: { 200: incidentPreviewSchema, 201: incidentPreviewSchema.extend({ id: z.string() }) },
      },
    },
    async ({ body, identity }, reply) => {
      const selector = parseSelector(body.selector);
      if (body.dryRun) return { ...toPreview(await deps.ports.incidents.preview(selector)), dryRun: true };
      const opened = await deps.ports.incidents.open({ selector, reason: body.reason, actor: identity.subject });
      return reply.code(201).send({ ...toPreview(opened), dryRun: false, id: opened.id });
    },
  );
}

function toPreview({ subjects, shared }: IncidentPreview) {
  return {
    subjects: subjects.map(({ digest, relation, repositories, environments }) => ({
      digest,
      relation,
      repositories: [...repositories],
      environments: [...environments],
    })),
    shared: [...shared],
  };
}
