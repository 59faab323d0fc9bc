import { z } from 'zod';
import { readCurrentPolicy } from '../../../adapters/postgres/read-policy.ts';
import { MAX_POLICY_SIGNATURE } from '../../../domain/policy/policy-signer.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { refused } from '../refused.ts';

const activatedSchema = z.object({
  outcome: z.enum(['activated', 'unchanged']),
  version: z.number(),
  digest: z.string(),
});
const proposedSchema = z.object({
  outcome: z.literal('proposed'),
  proposal: z.string(),
  version: z.number(),
  digest: z.string(),
  reason: z.string().describe('Who must agree'),
});
const currentSchema = z.object({
  version: z.number(),
  digest: z.string(),
  fileName: z.string(),
  text: z.string(),
  activatedBy: z.string(),
  activatedAt: z.string(),
  signedBy: z.string().nullable().describe('The policy signer whose signature came with it'),
});

/** The policy in force, and putting another one in force. */
export function registerPolicyRoutes(api: GatewayServer, deps: GatewayDependencies): void {
  api.get(
    '/policies/current',
    {
      config: { permission: 'read' },
      schema: { summary: 'The policy in force, as it was written', response: { 200: currentSchema } },
    },
    async () => {
      const found = await readCurrentPolicy(deps.db);
      if (found !== undefined) return found;
      throw new ApiError(404, 'NOT_FOUND', 'no policy is in force', {
        hint: 'POST /api/v1/policies puts one in force',
      });
    },
  );
  void api.register(async (scope: GatewayServer) => {
    scope.removeAllContentTypeParsers();
    const types = ['application/yaml', 'text/yaml', 'application/x-yaml'];
    scope.addContentTypeParser(types, { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.post(
      '/policies',
      {
        config: { permission: 'policy.change' },
        schema: {
          summary:
            'Puts a policy in force (application/yaml, of a higher version), or proposes it where others must agree',
          querystring: z.object({
            fileName: z
              .string()
              .regex(/^[\w.-]{1,128}$/, 'letters, digits, dots, hyphens')
              .default('policy.yaml')
              .describe('What errors call the file'),
            signature: z
              .string()
              .regex(/^[\w-]+$/, 'base64url')
              .max(2 * MAX_POLICY_SIGNATURE)
              .optional()
              .describe('What "pratique policy sign" wrote, in base64url'),
          }),
          consumes: types,
          body: z.string().describe('The file, as it is written'),
          response: { 200: activatedSchema, 202: proposedSchema },
        },
      },
      async ({ query, body, identity }, reply) => {
        const { fileName } = query;
        const signature =
          query.signature === undefined ? undefined : Buffer.from(query.signature, 'base64url').toString('utf8');
        const outcome = await deps.ports.policies.activate(body, fileName, identity.subject, signature);
        if (outcome.outcome === 'unsigned')
          throw new ApiError(409, 'POLICY_UNSIGNED', outcome.reason, {
            place: 'signature',
            hint: `pratique policy sign ${fileName} --ssh-key FILE`,
          });
        if (outcome.outcome === 'refused') throw refused(outcome.reason);
        if (outcome.outcome === 'proposed') return reply.code(202).send({ ...outcome });
        return { ...outcome, outcome: outcome.outcome };
      },
    );
  });
}
