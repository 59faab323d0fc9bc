import { z } from 'zod';
import { readAdvisoryEpochs, readAdvisoryState, readThreatStates } from '../../../adapters/postgres/read-status.ts';
import type { Rejection } from '../../../domain/advisory/epoch.ts';
import { readThreatLines } from '../../../domain/advisory/read-threat-lines.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pacedBody } from '../limit-body-time.ts';
import { readNdjson } from '../read-ndjson.ts';
import { advisoryEpochSchema, advisoryStateSchema, epochSummarySchema, threatStateSchema } from './advisory-schemas.ts';

const BATCH = 500;
const REJECTED_SHOWN = 20;
const EPOCHS_SHOWN = 10;

const storedSchema = advisoryStateSchema.extend({
  stored: z.number(),
  added: z.number(),
  updated: z.number(),
  withdrawn: z.number(),
  unchanged: z.number(),
  rejected: z.number(),
  firstRejected: z.array(z.object({ line: z.number(), place: z.string().optional(), reason: z.string() })),
});

/** A line in the place of a record that whoever reads the feed could not read: it is counted and told like one of ours. */
const unreadableSchema = z.strictObject({
  unreadable: z.strictObject({ place: z.string().min(1).max(300), reason: z.string().min(1).max(300) }),
});

const threatLines = z
  .string()
  .describe("JSON, a line each: an entry of CISA's catalogue, or a CVE with its EPSS score");
const recordLines = z.string().describe('JSON, a line each: an OSV record, or what could not be read');

/** Bringing advisories in, and what the database holds. */
export function registerAdvisoryRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/advisories/status',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'What the advisory database holds, and what the last imports brought',
        response: {
          200: advisoryStateSchema.extend({
            epochs: z.array(advisoryEpochSchema),
            threats: z.array(threatStateSchema).describe('What is known of attacks, as it was brought in last'),
          }),
        },
      },
    },
    async () => ({
      ...(await readAdvisoryState(deps.db)),
      epochs: await readAdvisoryEpochs(deps.db, EPOCHS_SHOWN),
      threats: await readThreatStates(deps.db),
    }),
  );
  void api.register(async (scope: GatewayServer) => {
    scope.removeAllContentTypeParsers();
    // Read as it comes: a whole feed is hundreds of megabytes.
    scope.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, pacedBody(payload)));
    scope.post(
      '/advisories/threats',
      {
        config: { permission: 'advisories.sync', isStreamed: true, takes: { 'application/x-ndjson': threatLines } },
        schema: {
          summary:
            "Brings CISA's catalogue (kev) or FIRST's scores (epss) in, whole: application/x-ndjson, an entry a line",
          querystring: z.object({
            kind: z.enum(['kev', 'epss']),
            source: z.string().min(1).max(500).default('upload').describe('Where they are from, for people'),
          }),
          response: { 200: epochSummarySchema },
        },
      },
      async ({ body, query, identity }) => {
        const { advisories, threats } = deps.ports;
        const epoch = await advisories.begin(query.source, identity.subject);
        try {
          const read = await readThreatLines(query.kind, readNdjson(body as AsyncIterable<Uint8Array>));
          if (read.table.entries.size === 0)
            throw new ApiError(400, 'INVALID_REQUEST', 'no entry could be read: what is in force stays', {
              ...(read.first[0] === undefined ? {} : { place: read.first[0].place }),
            });
          return await threats.activate(epoch, read.table, { count: read.rejected, first: read.first });
        } catch (error) {
          await advisories.fail(epoch, reasonOf(error)).catch(() => undefined);
          throw error;
        }
      },
    );
    scope.post(
      '/advisories',
      {
        config: { permission: 'advisories.sync', isStreamed: true, takes: { 'application/x-ndjson': recordLines } },
        schema: {
          summary:
            'Brings OSV records in, all or none: application/x-ndjson, a record a line, or {"unreadable": {"place", "reason"}} for one that the sender could not read',
          querystring: z.object({
            source: z.string().min(1).max(500).default('upload').describe('Where they are from, for people'),
            ecosystems: z
              .string()
              .max(500)
              .regex(/^[A-Za-z][A-Za-z. ]*(?:,[A-Za-z][A-Za-z. ]*)*$/, 'expected names of ecosystems between commas')
              .optional()
              .describe(
                'Whose own feeds they are, between commas: only those tell how old the advisories of an ecosystem are',
              ),
          }),
          response: { 200: storedSchema },
        },
      },
      async ({ body, query, identity }) => {
        const { advisories } = deps.ports;
        const epoch = await advisories.begin(query.source, identity.subject);
        try {
          const staged = await stage(deps, epoch, body as AsyncIterable<Uint8Array>);
          if (staged.stored === 0)
            throw new ApiError(400, 'INVALID_REQUEST', 'no record could be read: what is in force stays', {
              ...(staged.firstRejected[0] === undefined ? {} : { place: `line ${staged.firstRejected[0].line}` }),
            });
          const first = staged.firstRejected.map(
            ({ line, place, reason }): Rejection => ({
              place: place ?? `line ${line}`,
              reason,
            }),
          );
          const brought = query.ecosystems === undefined ? {} : { ecosystems: query.ecosystems.split(',') };
          const summary = await advisories.activate(epoch, { count: staged.rejected, first }, brought);
          return { ...summary, ...staged, ...(await readAdvisoryState(deps.db)) };
        } catch (error) {
          // Its own failure, if any, must not hide what went wrong.
          await advisories.fail(epoch, reasonOf(error)).catch(() => undefined);
          throw error;
        }
      },
    );
  });
}

/** What a caller may see is what people may read later; the rest is in the log. */
function reasonOf(error: unknown): string {
  return error instanceof ApiError ? error.message : 'the upload broke off';
}

async function stage({ ports }: GatewayDependencies, epoch: number, body: AsyncIterable<Uint8Array>) {
  const result = { stored: 0, rejected: 0, firstRejected: [] as { line: number; place?: string; reason: string }[] };
  let batch: { line: number; value: unknown }[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const { stored, rejected } = await ports.advisories.stage(
      epoch,
      batch.map(({ value }) => value),
    );
    result.stored += stored;
    result.rejected += rejected.length;
    for (const { index, reason } of rejected.slice(0, REJECTED_SHOWN - result.firstRejected.length))
      result.firstRejected.push({ line: batch[index]?.line ?? 0, reason });
    batch = [];
  };
  for await (const item of readNdjson(body)) {
    const told = unreadableSchema.safeParse(item.value);
    if (told.success) {
      result.rejected += 1;
      if (result.firstRejected.length < REJECTED_SHOWN)
        result.firstRejected.push({ line: item.line, ...told.data.unreadable });
      continue;
    }
    batch.push(item);
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  return result;
}
