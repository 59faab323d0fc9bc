import { z } from 'zod';
import { readAdvisoryState } from '../../../adapters/postgres/read-status.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { readNdjson } from '../read-ndjson.ts';

const BATCH = 500;
const REJECTED_SHOWN = 20;

const stateSchema = z.object({
  records: z.number(),
  digest: z.string(),
  newest: z.string().nullable(),
  syncedAt: z.string().nullable(),
});
const storedSchema = stateSchema.extend({
  stored: z.number(),
  rejected: z.number(),
  firstRejected: z.array(z.object({ line: z.number(), reason: z.string() })),
});

/** Bringing advisories in, and what the database holds. */
export function registerAdvisoryRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/advisories/status',
    {
      config: { permission: 'read' },
      schema: { summary: 'What the advisory database holds', response: { 200: stateSchema } },
    },
    () => readAdvisoryState(deps.db),
  );
  void api.register(async (scope: GatewayServer) => {
    scope.removeAllContentTypeParsers();
    // Read as it comes: a whole feed is hundreds of megabytes.
    scope.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, payload));
    scope.post(
      '/advisories',
      {
        config: { permission: 'advisories.sync' },
        schema: {
          summary: 'Stores OSV records: application/x-ndjson, a record a line',
          response: { 200: storedSchema },
        },
      },
      async (request) => {
        const result = await store(deps, request.body as AsyncIterable<Uint8Array>);
        await deps.ports.advisories.finish(request.identity.subject);
        return { ...result, ...(await readAdvisoryState(deps.db)) };
      },
    );
  });
}

async function store({ ports }: GatewayDependencies, body: AsyncIterable<Uint8Array>) {
  const result = { stored: 0, rejected: 0, firstRejected: [] as { line: number; reason: string }[] };
  let batch: { line: number; value: unknown }[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const { stored, rejected } = await ports.advisories.upsert(batch.map(({ value }) => value));
    result.stored += stored;
    result.rejected += rejected.length;
    for (const { index, reason } of rejected.slice(0, REJECTED_SHOWN - result.firstRejected.length))
      result.firstRejected.push({ line: batch[index]?.line ?? 0, reason });
    batch = [];
  };
  for await (const item of readNdjson(body)) {
    batch.push(item);
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  return result;
}
