import { z } from 'zod';
import { isDatabaseHealthy } from '../../../adapters/postgres/database.ts';
import type { HealthReport } from '../../../adapters/telemetry/admin-server.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';

const reportSchema = z.object({ healthy: z.boolean(), checks: z.record(z.string(), z.string()) });

const PATIENCE_MS = 2500;

/** Whether the gateway can do its work now, part by part. Answers within three seconds. */
export async function checkHealth(deps: GatewayDependencies): Promise<HealthReport> {
  const limit = () => new Promise<boolean>((resolve) => setTimeout(resolve, PATIENCE_MS, false).unref());
  const within = (check: Promise<boolean>) => Promise.race([check.catch(() => false), limit()]);
  const [kafka, postgres, temporal] = await Promise.all([
    within(deps.inspector.isHealthy()),
    within(isDatabaseHealthy(deps.db)),
    within(deps.ports.isTemporalHealthy()),
  ]);
  const say = (healthy: boolean) => (healthy ? 'ok' : 'does not answer');
  return {
    // Without Temporal events are still accepted, and wait in Kafka.
    healthy: kafka && postgres,
    checks: { kafka: say(kafka), postgres: say(postgres), temporal: say(temporal) },
  };
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
      const report = await checkHealth(deps);
      return reply.code(report.healthy ? 200 : 503).send({ healthy: report.healthy, checks: { ...report.checks } });
    },
  );
  app.get('/metrics', { schema: { summary: "Metrics in Prometheus' text format", security: [] } }, (request, reply) => {
    reply.hijack();
    deps.telemetry.serveMetrics(request.raw, reply.raw);
  });
}
