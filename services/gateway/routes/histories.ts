import { z } from 'zod';
import { type HistorySummary, listHistories, readHistory } from '../../../adapters/postgres/read-histories.ts';
import { readHistoryEvents } from '../../../domain/history/history-event.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';
import { REF_DESCRIPTION, resolveRef } from '../resolve-ref.ts';

const summarySchema = z.object({
  run: z.string(),
  workflowId: z.string(),
  kind: z.string(),
  status: z.string(),
  closedAt: z.string(),
  digest: z.string().describe('SHA-256 of the gzipped JSON, also where it is not kept any more'),
  bytes: z.number().nullable().describe('Of it; null where it is not kept any more'),
  prunedAt: z.string().nullable(),
});
const historySchema = summarySchema.extend({
  events: z.array(z.object({ id: z.number(), at: z.string(), type: z.string(), says: z.string() })),
});
const params = z.object({ run: z.string().min(1).max(128) });

/** What closed workflows did, kept after Temporal forgot them. */
export function registerHistoryRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/histories',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Histories of closed workflows, last closed first',
        querystring: z.object({
          ref: z.string().min(1).max(512).optional().describe(`Only about this artifact: ${REF_DESCRIPTION}`),
          workflow: z.string().max(1000).optional().describe('Only runs of the workflow with this id'),
          kind: z.string().max(100).optional().describe('Only workflows of this type: promotion, quarantine, …'),
          status: z.string().max(30).optional().describe('Only runs that ended so: COMPLETED, FAILED, …'),
          ...pageQuery,
        }),
        response: { 200: pageSchema(summarySchema) },
      },
    },
    async ({ query }) => {
      const { ref, workflow: workflowId, kind, status } = query;
      const about = ref === undefined ? undefined : (await resolveRef(deps, ref)).digest;
      return toPage(await listHistories(deps.db, { about, workflowId, kind, status }, readPageQuery(query, 2)));
    },
  );
  api.get(
    '/histories/:run',
    {
      config: { permission: 'read' },
      schema: { summary: 'One run, event by event', params, response: { 200: historySchema } },
    },
    async ({ params: { run } }) => {
      const { summary, history } = await findHistory(deps, run);
      return { ...summary, events: history === undefined ? [] : readHistoryEvents(history) };
    },
  );
  api.get(
    '/histories/:run/document',
    {
      config: { permission: 'event.read' },
      schema: {
        summary: "One run in full, inputs and results included: the JSON of Temporal's own tools",
        params,
        response: { 200: z.looseObject({ events: z.array(z.unknown()) }) },
      },
    },
    async ({ params: { run } }) => {
      const { summary, history } = await findHistory(deps, run);
      if (history !== undefined) return history as { events: unknown[] };
      throw new ApiError(
        404,
        'NOT_FOUND',
        `the history of ${run} was kept until ${summary.prunedAt ?? 'now'}; its digest was ${summary.digest}`,
        { place: 'run', hint: 'PRATIQUE_HISTORY_DAYS of the worker says how long they are kept' },
      );
    },
  );
}

async function findHistory(
  { db }: GatewayDependencies,
  run: string,
): Promise<{ readonly summary: HistorySummary; readonly history: unknown }> {
  const found = await readHistory(db, run);
  if (found !== undefined) return found;
  throw new ApiError(404, 'NOT_FOUND', `no history of a run ${run} is kept`, {
    place: 'run',
    hint: 'list them: GET /api/v1/histories; one that closed a moment ago is kept within five minutes',
  });
}
