import { z } from 'zod';
import { within } from '../../../adapters/concurrency/within.ts';
import type { TopicLag } from '../../../adapters/kafka/kafka-inspector.ts';
import { readLastReconcile } from '../../../adapters/postgres/read-reconcile.ts';
import { readAdvisoryState, readBacklog } from '../../../adapters/postgres/read-status.ts';
import { dispatcherGroups } from '../../../domain/events/consumer-groups.ts';
import { trustEnds } from '../../../domain/trust/trust-ends.ts';
import type { PolicySigner } from '../../../domain/trust/trusted-signer.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { advisoryStateSchema } from './advisory-schemas.ts';
import { lineStopSchema, showLineStop } from './line-schemas.ts';
import { reconcileReportSchema, showReconcileReport } from './reconcile-schemas.ts';

const age = z.number().nullable().describe('Seconds; null where nothing waits');
const statusSchema = z.object({
  healthy: z.boolean(),
  parts: z.record(z.string(), z.string()),
  since: z.record(z.string(), z.string()).describe('Of each part that is not ok: RFC 3339'),
  queues: z
    .array(z.object({ topic: z.string(), group: z.string(), lag: z.number() }))
    .nullable()
    .describe('Records not yet handled; null where Kafka does not answer'),
  outbox: z.object({ waiting: z.number(), oldestSeconds: age }),
  generations: z.object({ pending: z.number(), running: z.number(), oldestPendingSeconds: age, oldestSeconds: age }),
  workflowRequests: z.object({ pending: z.number(), oldestSeconds: age }),
  promotions: z.object({ open: z.number(), waiting: z.number() }),
  incidents: z.object({ open: z.number(), subjectsUnconfirmed: z.number() }),
  deadLetters: z.object({ notReplayed: z.number() }),
  releases: z.object({ waiting: z.number() }),
  histories: z
    .object({ oldestSeconds: age, retentionSeconds: z.number().nullable() })
    .describe('How far back histories of closed workflows may not be kept yet, and when Temporal forgets them'),
  lineStops: z.array(lineStopSchema).describe('What nothing enters, and why'),
  trustEnds: z
    .array(z.object({ signer: z.string(), until: z.string(), days: z.number() }))
    .describe('Signers of the policy whose trust ends within 30, 7 or 1 days, or has ended (0)'),
  advisories: advisoryStateSchema,
  reconcile: reconcileReportSchema
    .extend({ at: z.string(), by: z.string().describe('Who asked for it; system: its schedule') })
    .nullable()
    .describe('What the last comparison with the registry found; null before the first'),
});

const STOPS_SHOWN = 20;
const LAG_PATIENCE_MS = 3000;

/** How the whole of it is doing: what waits where, and for how long. */
export function registerStatusRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/status',
    {
      config: { permission: 'read' },
      schema: { summary: 'What waits where, and for how long', response: { 200: statusSchema } },
    },
    async () => {
      const [health, queues, backlog, stops, advisories, signers, reconciled] = await Promise.all([
        deps.health.report(),
        readLags(deps),
        readBacklog(deps.db),
        deps.ports.line.list({ ended: false, limit: STOPS_SHOWN }),
        readAdvisoryState(deps.db),
        readSigners(deps),
        readLastReconcile(deps.db),
      ]);
      return {
        healthy: health.healthy,
        parts: { ...health.checks },
        since: { ...health.since },
        queues,
        ...backlog,
        lineStops: stops.map(showLineStop),
        trustEnds: trustEnds(signers, new Date().toISOString()),
        advisories,
        reconcile: reconciled
          ? { ...showReconcileReport(reconciled.report), at: reconciled.at, by: reconciled.by }
          : null,
      };
    },
  );
}

/** Before the first policy nobody is trusted; a database that is away fails what else is asked of it. */
function readSigners({ ports }: GatewayDependencies): Promise<readonly PolicySigner[]> {
  return ports.policies.current().then(
    ({ document }) => document.signers,
    () => [],
  );
}

async function readLags({ inspector }: GatewayDependencies) {
  const lags = dispatcherGroups.map(async ({ group, topic }) => {
    const found: TopicLag[] = await inspector.lag(group, [topic]);
    return found.map(({ lag }) => ({ topic, group, lag }));
  });
  return within(LAG_PATIENCE_MS, Promise.all(lags), () => undefined).then(
    (found) => found?.flat() ?? null,
    () => null,
  );
}
