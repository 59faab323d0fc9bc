import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { reconcileReportSchema, showReconcileReport } from './reconcile-schemas.ts';

const runSchema = z.object({
  runId: z.string(),
  state: z.enum(['running', 'done', 'failed']),
  report: reconcileReportSchema.nullable().describe('Null until it is done'),
  failure: z.string().nullable().describe('Why it failed; or, while it runs, why its last try did'),
});

/** Comparing the registry with what was seen, now. */
export function registerReconcileRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.post(
    '/reconcile',
    {
      config: { permission: 'event.replay' },
      schema: {
        summary: 'Lists the registry and starts what was missed',
        response: {
          202: z.object({
            workflowId: z.string(),
            runId: z.string().describe('GET /api/v1/reconcile/{runId} says what comes of it'),
            joined: z.boolean().describe('One ran already: what was pushed behind it is seen by the next one'),
          }),
        },
      },
    },
    async ({ identity }, reply) => reply.code(202).send({ ...(await deps.ports.reconcile.start(identity.subject)) }),
  );
  api.get(
    '/reconcile/:runId',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'What a comparison with the registry found',
        params: z.object({ runId: z.uuid('the runId that POST /api/v1/reconcile answered') }),
        response: { 200: runSchema },
      },
    },
    async ({ params: { runId } }) => {
      const run = await deps.ports.reconcile.read(runId);
      if (run === undefined)
        throw new ApiError(404, 'NOT_FOUND', `there is no run ${runId}`, {
          hint: 'GET /api/v1/status has the last report',
        });
      const { state, report, failure } = run;
      return { runId, state, report: report ? showReconcileReport(report) : null, failure: failure ?? null };
    },
  );
}
