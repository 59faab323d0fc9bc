import { z } from 'zod';
import { SshError } from '../../../adapters/ssh/ssh-error.ts';
import { parseSshKeyLine } from '../../../adapters/ssh/ssh-public-key.ts';
import { aliasKindSchema } from '../../../domain/identity/principal.ts';
import { ApiError } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer } from '../gateway-server.ts';
import { refused } from '../refused.ts';
import { subjectSchema } from './subject-schema.ts';

const aliasSchema = z.object({
  kind: aliasKindSchema.describe(
    'subject of another token; commit-signer; account of a code host; builder id; ssh-key, SHA256:… or a line of a public key; oidc, <issuer> <subject>; webauthn, SHA256:… of a registered passkey',
  ),
  // A line of a large RSA key.
  value: z.string().trim().min(1).max(4096),
});

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/** As it is compared: a key by its fingerprint. */
function normalized<T extends z.infer<typeof aliasSchema>>(alias: T): T {
  const { kind, value } = alias;
  if (kind === 'oidc' && !/^https?:\/\/\S+ \S.*$/.test(value))
    throw new ApiError(
      400,
      'INVALID_REQUEST',
      'an identity is its issuer and its subject: "https://issuer.example alice"',
      {
        place: 'value',
      },
    );
  if (kind === 'webauthn' && !FINGERPRINT.test(value))
    throw new ApiError(400, 'INVALID_REQUEST', 'a passkey is named by its fingerprint: SHA256:…', { place: 'value' });
  if (kind !== 'ssh-key' || FINGERPRINT.test(value)) return alias;
  try {
    return { ...alias, value: parseSshKeyLine(value).fingerprint };
  } catch (error) {
    if (!(error instanceof SshError)) throw error;
    throw new ApiError(400, 'INVALID_REQUEST', error.message, {
      place: 'value',
      hint: 'a key is the line of its .pub file, or SHA256:… as ssh-keygen -l prints it',
    });
  }
}
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
      const outcome = await ports.principals.join(normalized(body), identity.subject);
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
      if (await ports.principals.part(normalized(query), identity.subject)) return normalized(query);
      throw new ApiError(404, 'NOT_FOUND', `nobody has ${query.kind} ${query.value}`, { place: 'query.value' });
    },
  );
}
