import { z } from 'zod';
import { isDatabaseHealthy } from '../../../adapters/postgres/database.ts';
import { type HealthWatch, okOr, watchHealth } from '../../../adapters/telemetry/health-watch.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';

const reportSchema = z.object({
  healthy: z.boolean(),
  checks: z.record(z.string(), z.string()),
  since: z.record(z.string(), z.string()).optional().describe('Of each part that is not ok: RFC 3339'),
});

const SILENT = 'does not answer';

/** Whether the gateway can do its work, part by part. */
export function watchGateway(deps: Pick<GatewayDependencies, 'db' | 'inspector' | 'ports'>): HealthWatch {
  return watchHealth({
    checks: {
      kafka: okOr(SILENT, () => deps.inspector.isHealthy()),
      postgres: okOr(SILENT, () => isDatabaseHealthy(deps.db)),
      temporal: okOr(SILENT, () => deps.ports.isTemporalHealthy()),
    },
    // Without Temporal events are still accepted, and wait in Kafka.
    needed: ['kafka', 'postgres'],
  });
}

export function registerHealthRoutes(app: GatewayServer, deps: GatewayDependencies): void {
  app.get(
    '/healthz',
    {
      schema: {
        summary: 'Whether the gateway can work',
        security: [],
        response: { 200: reportSchema, 503: reportSchema },
      },
    },
    async (_request, reply) => {
      const { healthy, checks, since } = await deps.health.report();
      return reply
        .code(healthy ? 200 : 503)
        .send({ healthy, checks: { ...checks }, ...(since === undefined ? {} : { since: { ...since } }) });
    },
  );
  app.get('/metrics', { schema: { summary: "Metrics in Prometheus' text format", security: [] } }, (request, reply) => {
    reply.hijack();
    deps.telemetry.serveMetrics(request.raw, reply.raw);
  });
}
