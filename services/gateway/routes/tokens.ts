import { z } from 'zod';
import { roleSchema } from '../../../domain/identity/role.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { subjectSchema } from './subject-schema.ts';

const patternSchema = z.string().min(1).max(255);
const speaksForSchema = z.object({
  repositories: z.array(patternSchema).max(100),
  builders: z.array(patternSchema).max(100),
});

const tokenSchema = z.object({
  id: z.string(),
  subject: z.string(),
  name: z.string(),
  role: roleSchema,
  groups: z.array(z.string()),
  speaksFor: speaksForSchema,
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
  revokedBy: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
});

const MAX_SECONDS = 5 * 365 * 86_400;

/** Who may use the API. */
export function registerTokenRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.post(
    '/tokens',
    {
      config: { permission: 'token.manage' },
      schema: {
        summary: 'Makes a token; its text is in the answer, and nowhere else afterwards',
        body: z.strictObject({
          subject: subjectSchema.describe('The person or machine: one principal, however many tokens'),
          name: z.string().trim().min(1).max(128).describe('What the token is for'),
          role: roleSchema,
          groups: z.array(subjectSchema).max(50).default([]),
          speaksFor: speaksForSchema
            .default({ repositories: [], builders: [] })
            .describe('Patterns of repositories and builder ids its events may speak for'),
          expiresIn: z.number().int().min(60).max(MAX_SECONDS).optional().describe('Seconds; without it, never'),
        }),
        response: { 201: z.object({ id: z.string(), token: z.string() }) },
      },
    },
    async ({ body, identity }, reply) => {
      const { expiresIn, ...token } = body;
      const created = await deps.tokens.create({
        ...token,
        expiresAt: expiresIn === undefined ? undefined : new Date(Date.now() + expiresIn * 1000),
        createdBy: identity.subject,
      });
      return reply.code(201).header('cache-control', 'no-store').send(created);
    },
  );
  api.get(
    '/tokens',
    {
      config: { permission: 'token.manage' },
      schema: {
        summary: 'All tokens, newest first, without their secrets',
        response: { 200: z.object({ items: z.array(tokenSchema) }) },
      },
    },
    async () => ({ items: await deps.tokens.list() }),
  );
  api.delete(
    '/tokens/:id',
    {
      config: { permission: 'token.manage' },
      schema: {
        summary: 'Revokes a token at once',
        params: z.object({ id: z.string().regex(/^[0-9a-f]{16}$/, 'a token id: 16 hex digits') }),
        response: { 200: z.object({ id: z.string() }) },
      },
    },
    async ({ params: { id }, identity }) => {
      if (await deps.tokens.revoke(id, identity.subject)) return { id };
      throw new ApiError(404, 'NOT_FOUND', `there is no token ${id}, or it is revoked already`, { place: 'id' });
    },
  );
}
