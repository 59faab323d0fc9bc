import { z } from 'zod';
import { readImport, readImportReferences } from '../../../adapters/postgres/read-imports.ts';
import { grandfatheredUntil } from '../../../domain/import/grandfathered-until.ts';
import { importOutcomes, importSourceKinds, MAX_IMPORT_REFERENCES } from '../../../domain/import/import-book.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';
import { refused } from '../refused.ts';
import { requireEnvironment } from '../require-environment.ts';
import { reasonSchema } from './reason-schema.ts';

/** References of one call. */
const TOGETHER = 500;

const importSchema = z.object({
  id: z.string(),
  environment: z.string(),
  until: z.string(),
  reason: z.string(),
  sourceKind: z.enum(importSourceKinds),
  source: z.string(),
  dryRun: z.boolean(),
  state: z.enum(['open', 'started', 'done', 'failed']),
  note: z.string().describe('Why it failed'),
  requestedBy: z.string(),
  requestedAt: z.string(),
  endedAt: z.string().nullable(),
  references: z.number(),
  counts: z.partialRecord(z.enum(importOutcomes), z.number()).describe('How many of each outcome, so far'),
});

const referenceSchema = z.object({
  position: z.number(),
  reference: z.string(),
  place: z.string(),
  outcome: z.enum(importOutcomes).nullable().describe('Null while nobody has looked'),
  reason: z.string(),
  repository: z.string().nullable(),
  digest: z.string().nullable(),
});

const byId = z.object({ id: z.uuid() });

/** Bringing in what runs already. Reading the registry, and everything after it, is a worker's. */
export function registerImportRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  registerAsking(api, deps);
  registerReading(api, deps);
}

function registerAsking(api: GatewayServer, deps: GatewayDependencies): void {
  const { imports } = deps.ports;
  api.post(
    '/imports',
    {
      config: { permission: 'artifact.import' },
      schema: {
        summary: 'Opens an import of what runs already; it is started by itself',
        body: z.strictObject({
          environment: z.string().min(1).max(63),
          until: z
            .string()
            .max(64)
            .describe('A day, to its end in UTC, or an instant: until when it may stay as it is'),
          reason: reasonSchema,
          sourceKind: z.enum(importSourceKinds),
          source: z
            .string()
            .min(1)
            .max(255)
            .describe('Of a registry a repository, or a pattern of them; else what to call it'),
          dryRun: z.boolean().default(false).describe('Says what would be taken in, and records nothing of it'),
        }),
        response: { 201: importSchema },
      },
    },
    async ({ body, identity }, reply) => {
      requireEnvironment(await deps.ports.policies.current(), body.environment);
      const until = grandfatheredUntil(body.until, new Date());
      if ('problem' in until) throw new ApiError(400, 'INVALID_REQUEST', until.problem, { place: 'until' });
      const by = { subject: identity.subject, role: identity.role };
      return reply.code(201).send(await found(deps, await imports.open({ ...body, until: until.at, by })));
    },
  );
  api.post(
    '/imports/:id/references',
    {
      config: { permission: 'artifact.import' },
      schema: {
        summary: 'Adds images that something names, and where; the same again changes nothing',
        params: byId,
        body: z.strictObject({
          references: z
            .array(z.strictObject({ reference: z.string().min(1).max(512), place: z.string().min(1).max(400) }))
            .min(1)
            .max(TOGETHER),
        }),
        response: { 200: importSchema },
      },
    },
    async ({ params: { id }, body, identity }) => {
      await own(deps, id, identity.subject);
      if (!(await imports.add(id, body.references)))
        throw refused(`an import has at most ${MAX_IMPORT_REFERENCES} references: bring them in in parts`);
      return found(deps, id);
    },
  );
  api.post(
    '/imports/:id/start',
    {
      config: { permission: 'artifact.import' },
      schema: {
        summary: 'Starts it: each reference is resolved in the registry, judged, and may stay until the date',
        params: byId,
        response: { 202: importSchema },
      },
    },
    async ({ params: { id }, identity }, reply) => {
      await own(deps, id, identity.subject, ['open', 'started', 'done', 'failed']);
      await imports.start(id);
      return reply.code(202).send(await found(deps, id));
    },
  );
}

function registerReading(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/imports/:id',
    {
      config: { permission: 'read' },
      schema: { summary: 'An import, and how far it is', params: byId, response: { 200: importSchema } },
    },
    ({ params: { id } }) => found(deps, id),
  );
  api.get(
    '/imports/:id/references',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'What it was told, and what became of each',
        params: byId,
        querystring: z.object(pageQuery),
        response: { 200: pageSchema(referenceSchema) },
      },
    },
    async ({ params: { id }, query }) => toPage(await readImportReferences(deps.db, id, readPageQuery(query, 1))),
  );
}

async function found({ db }: GatewayDependencies, id: string): Promise<z.infer<typeof importSchema>> {
  const run = await readImport(db, id);
  if (run === undefined) throw new ApiError(404, 'NOT_FOUND', `there is no import ${id}`, { place: 'id' });
  return run as z.infer<typeof importSchema>;
}

/** Nobody adds to what stands under another's name. */
async function own(
  deps: GatewayDependencies,
  id: string,
  subject: string,
  states: readonly z.infer<typeof importSchema>['state'][] = ['open'],
): Promise<void> {
  const run = await found(deps, id);
  if (run.requestedBy !== subject) throw refused(`the import ${id} is ${run.requestedBy}'s: open one of your own`);
  if (!states.includes(run.state)) throw refused(`the import ${id} was started: open another one`);
}
