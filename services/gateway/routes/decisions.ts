import { z } from 'zod';
import { decisionsById, listDecisions } from '../../../adapters/postgres/decision-rows.ts';
import { justifications } from '../../../domain/advisory/decision/decision.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { pageQuery, pageSchema, readPageQuery, toPage } from '../page.ts';
import { decisionSchema, showDecision, stateSchema } from './decision-schemas.ts';
import { reasonSchema } from './reason-schema.ts';
import { subjectSchema } from './subject-schema.ts';

/** Bytes of one VEX document. */
const MAX_DOCUMENT = 32 * 1024 * 1024;

const documentSchema = z.looseObject({}).describe('A document of OpenVEX, CSAF 2.0 or CycloneDX, as it is');

const scope = {
  artifact: z.string().max(255).optional().describe('A digest, or a pattern of repositories such as shop/**'),
  environment: z.string().max(63).optional(),
};
const owner = subjectSchema.optional().describe('Who answers for it; without, who decides');
const expires = z
  .string()
  .max(64)
  .optional()
  .describe('A day, to its end in UTC, or an instant; an accepted risk needs it');

const receiptSchema = z.object({
  digest: z.string(),
  format: z.enum(['openvex', 'csaf', 'cyclonedx']),
  statements: z.number(),
  decisions: z.array(z.string()).describe('Ids; the first 200'),
  others: z
    .array(z.string())
    .describe('Ids of what it decides for other places or until other ends, and that holds; the first 200'),
  isNew: z
    .boolean()
    .describe('False where it was brought before for the same place until the same end: nothing changed'),
});
const RECEIPT_SHOWN = 200;

/** What people and VEX documents decide about findings. */
export function registerDecisionRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/decisions',
    {
      config: { permission: 'read' },
      schema: {
        summary: 'Decisions about findings, newest first',
        querystring: z.object({
          advisory: z.string().max(200).optional().describe('One name of the vulnerability'),
          ended: z.stringbool().default(false).describe('Those too that were revoked, or are over'),
          ...pageQuery,
        }),
        response: { 200: pageSchema(decisionSchema) },
      },
    },
    async ({ query }) => {
      const page = await listDecisions(
        deps.db,
        { advisory: query.advisory, ended: query.ended },
        readPageQuery(query, 2),
      );
      return toPage({ ...page, items: page.items.map(showDecision) });
    },
  );
  api.get(
    '/decisions/:id',
    {
      config: { permission: 'read' },
      schema: { summary: 'One of them', params: z.object({ id: z.uuid() }), response: { 200: decisionSchema } },
    },
    async ({ params: { id } }) => {
      const [decision] = await decisionsById(deps.db, [id]);
      if (decision !== undefined) return showDecision(decision);
      throw new ApiError(404, 'NOT_FOUND', `there is no decision ${id}`, { hint: 'GET /api/v1/decisions lists them' });
    },
  );
  api.post(
    '/decisions',
    {
      config: { permission: 'finding.decide' },
      schema: {
        summary: 'Decides about findings of an advisory, in the component and artifact that are named',
        body: z.strictObject({
          advisory: z.string().min(1).max(200).describe('Any of its names'),
          state: stateSchema,
          justification: z.enum(justifications).optional().describe('Of not_affected, which needs one'),
          reason: reasonSchema,
          owner,
          component: z
            .string()
            .min(1)
            .max(2200)
            .optional()
            .describe('A package URL, with or without a version or range; or a name'),
          ...scope,
          expires,
        }),
        response: { 201: decisionSchema },
      },
    },
    async ({ body, identity }, reply) => {
      const { component, artifact, environment, ...said } = body;
      const place = {
        ...(component === undefined ? {} : { component }),
        ...(artifact === undefined ? {} : { artifact }),
        ...(environment === undefined ? {} : { environment }),
      };
      const decider = { subject: identity.subject, role: identity.role };
      return reply.code(201).send(showDecision(await deps.ports.decisions.make({ ...said, scope: place }, decider)));
    },
  );
  api.post(
    '/decisions/:id/revoke',
    {
      config: { permission: 'finding.revoke' },
      schema: {
        summary: 'Takes it back: from now on it hides nothing',
        params: z.object({ id: z.uuid('the id of a decision') }),
        body: z.strictObject({ reason: reasonSchema }),
        response: { 200: decisionSchema },
      },
    },
    async ({ params: { id }, body, identity }) =>
      showDecision(
        await deps.ports.decisions.revoke(id, body.reason, { subject: identity.subject, role: identity.role }),
      ),
  );
  registerDocuments(api, deps);
}

function registerDocuments(api: GatewayServer, { ports }: GatewayDependencies): void {
  void api.register(async (part: GatewayServer) => {
    part.removeAllContentTypeParsers();
    // As it is: its digest is over its bytes.
    part.addContentTypeParser(
      'application/json',
      { parseAs: 'string', bodyLimit: MAX_DOCUMENT },
      (_request, body, done) => done(null, body),
    );
    part.post(
      '/decisions/documents',
      {
        config: { permission: 'finding.decide', takes: { 'application/json': documentSchema } },
        bodyLimit: MAX_DOCUMENT,
        schema: {
          summary: 'Reads a VEX document (OpenVEX, CSAF 2.0, CycloneDX); each statement of it is a decision',
          querystring: z.object({
            source: z.string().min(1).max(500).default('upload').describe('Where it is from, for people'),
            reason: reasonSchema.optional().describe('Of statements that give none'),
            owner,
            ...scope,
            expires,
          }),
          response: { 200: receiptSchema },
        },
      },
      async ({ body, query, identity }) => {
        const { artifact, environment, ...said } = query;
        const place = {
          ...(artifact === undefined ? {} : { artifact }),
          ...(environment === undefined ? {} : { environment }),
        };
        const document = { ...said, text: body as string, scope: place };
        const receipt = await ports.decisions.submit(document, { subject: identity.subject, role: identity.role });
        const { decisions, others } = receipt;
        return { ...receipt, decisions: decisions.slice(0, RECEIPT_SHOWN), others: others.slice(0, RECEIPT_SHOWN) };
      },
    );
  });
}
