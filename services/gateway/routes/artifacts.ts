import { z } from 'zod';
import { readArtifactDetail } from '../../../adapters/postgres/read-artifact-detail.ts';
import { isFindingPosition, readArtifactFindings } from '../../../adapters/postgres/read-artifact-findings.ts';
import { listArtifacts, readArtifactSummary } from '../../../adapters/postgres/read-artifacts.ts';
import { readTimeline } from '../../../adapters/postgres/read-timeline.ts';
import { artifactStates } from '../../../domain/artifact/state.ts';
import { workflowIds } from '../../../domain/artifact/subject.ts';
import { describePromotionRun, describeRun } from '../describe-run.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { foreignCursor, pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';
import { requireKnownEnvironment } from '../require-environment.ts';
import { resolveRef } from '../resolve-ref.ts';
import { artifactFindingSchema } from './artifact-finding-schema.ts';
import { artifactDetailSchema, artifactSummarySchema, refQuery, timelineEntrySchema } from './artifact-schemas.ts';

/** What artifacts there are, what is known of one, and what happened to it. */
export function registerArtifactRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/artifacts',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Artifacts, last changed first',
        querystring: z.object({
          repository: z.string().max(255).optional(),
          environment: z.string().max(63).optional().describe('Only what this environment has now'),
          phase: z
            .enum(artifactStates)
            .optional()
            .describe('`quarantined` before all else; then how the newest run ended, or how far it is'),
          ...pageQuery,
        }),
        response: { 200: pageSchema(artifactSummarySchema) },
      },
    },
    async ({ query }) => {
      const { repository, environment, phase } = query;
      await requireKnownEnvironment(deps, environment);
      return toPage(await listArtifacts(deps.db, { repository, environment, phase }, readPageQuery(query, 3)));
    },
  );
  api.get(
    '/artifact',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Everything known of one artifact',
        querystring: refQuery,
        response: { 200: artifactDetailSchema },
      },
    },
    async ({ query }) => {
      const key = await resolveRef(deps, query.ref);
      const [artifact, detail] = await Promise.all([
        readArtifactSummary(deps.db, key),
        readArtifactDetail(deps.db, key),
      ]);
      if (artifact === undefined) throw new Error('an artifact that was just found is gone');
      const isOpen = detail.generation !== null && detail.generation.state !== 'closed';
      const [pipeline, promotions] = await Promise.all([
        isOpen ? describeRun(deps, workflowIds.artifact(key)) : null,
        Promise.all(detail.promotions.map(async (one) => ({ ...one, run: await describePromotionRun(deps, one) }))),
      ]);
      return { artifact, pipeline, ...detail, promotions };
    },
  );
  api.get(
    '/artifact/findings',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'What was found in an artifact, worst first, one platform after the other',
        querystring: refQuery.extend(pageQuery),
        response: { 200: pageSchema(artifactFindingSchema) },
      },
    },
    async ({ query }) => {
      const request = readPageQuery(query, 1);
      if (request.after !== undefined && !isFindingPosition(request.after)) throw foreignCursor();
      return toPage(await readArtifactFindings(deps.db, await resolveRef(deps, query.ref), request));
    },
  );
  api.get(
    '/timeline',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'What happened to an artifact, oldest first',
        querystring: refQuery.extend(pageQuery),
        response: { 200: pageSchema(timelineEntrySchema) },
      },
    },
    async ({ query }) =>
      toPage(await readTimeline(deps.db, await resolveRef(deps, query.ref), readPageQuery(query, 3))),
  );
}
