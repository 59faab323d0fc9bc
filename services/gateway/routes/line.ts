import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { requireEnvironment } from '../require-environment.ts';
import { lineStopSchema, showLineStop } from './line-schemas.ts';
import { reasonSchema } from './reason-schema.ts';

const order = z.strictObject({
  environment: z.string().min(1).max(63).nullable().default(null).describe('Null: every one'),
  reason: reasonSchema,
});

/** As many as anybody reads. */
const LISTED = 200;

/** Stopping the line: nothing enters an environment until it goes on. */
export function registerLineRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  const { line, policies } = deps.ports;
  api.get(
    '/line-stops',
    {
      config: { permission: 'read' },
      schema: {
        summary: `What stops the line, newest first; at most ${LISTED}`,
        querystring: z.object({ ended: z.stringbool().default(false).describe('Those too that are over') }),
        response: { 200: z.object({ items: z.array(lineStopSchema) }) },
      },
    },
    async ({ query: { ended } }) => ({ items: (await line.list({ ended, limit: LISTED })).map(showLineStop) }),
  );
  api.post(
    '/line-stops',
    {
      config: { permission: 'line.stop' },
      schema: {
        summary: 'Stops what enters an environment, or every one; one that stands already stays as it is',
        body: order,
        response: { 200: lineStopSchema },
      },
    },
    async ({ body: { environment, reason }, identity }) => {
      if (environment !== null) requireEnvironment(await policies.current(), environment);
      return showLineStop(await line.stop({ environment, reason, actor: identity.subject }));
    },
  );
  api.post(
    '/line-stops/resume',
    {
      config: { permission: 'line.resume' },
      schema: {
        summary: 'Lets it go on; what waited looks again',
        body: order,
        response: { 200: lineStopSchema },
      },
    },
    async ({ body: { environment, reason }, identity }) => {
      const resumed = await line.resume({ environment, reason, actor: identity.subject });
      if (resumed !== undefined) return showLineStop(resumed);
      const where = environment === null ? 'of every environment' : `of ${environment}`;
      throw new ApiError(404, 'NOT_FOUND', `the line ${where} is not stopped`, {
        place: 'environment',
        hint: 'GET /api/v1/line-stops lists what stands; a stop of every environment is let go on without naming one',
      });
    },
  );
}
