import { z } from 'zod';
import { aliasKindSchema } from '../../../domain/identity/principal.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { refused } from '../refused.ts';
import { subjectSchema } from './subject-schema.ts';

const aliasSchema = z.object({
  kind: aliasKindSchema.describe('subject of another token; commit-signer; account of a code host; builder id'),
  value: z.string().trim().min(1).max(512),
});
const principalSchema = z.object({ principal: z.string(), aliases: z.array(aliasSchema) });

/** Who is who: one person is one principal, whatever is theirs. */
export function registerPrincipalRoutes(api: GatewayServer, { ports }: GatewayDependencies): void {
  api.get(
    '/principals',
    {
      config: { permission: 'token.manage' },
      schema: {
        summary: 'Every principal, with what is theirs',
        response: { 200: z.object({ items: z.array(principalSchema) }) },
      },
    },
    async () => {
      const principals = await ports.principals.list();
      return { items: principals.map(({ principal, aliases }) => ({ principal, aliases: [...aliases] })) };
    },
  );
  api.post(
    '/principals',
    {
      config: { permission: 'token.manage' },
      schema: {
        summary: "Says that a subject, commit key, account or builder is this principal's",
        body: z.strictObject({ principal: subjectSchema, ...aliasSchema.shape }),
        response: { 200: z.object({ outcome: z.enum(['joined', 'unchanged']) }) },
      },
    },
    async ({ body, identity }) => {
      const outcome = await ports.principals.join(body, identity.subject);
      if (outcome.outcome === 'refused') throw refused(outcome.reason);
      return outcome;
    },
  );
  api.delete(
    '/principals',
    {
      config: { permission: 'token.manage' },
      schema: {
        summary: 'Takes an alias away from whose it is',
        querystring: aliasSchema,
        response: { 200: aliasSchema },
      },
    },
    async ({ query, identity }) => {
      if (await ports.principals.part(query, identity.subject)) return query;
      throw new ApiError(404, 'NOT_FOUND', `nobody has ${query.kind} ${query.value}`, { place: 'query.value' });
    },
  );
}
