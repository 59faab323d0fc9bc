/** `/registry/token`: tokens for the registry, by distribution's token authentication specification. */
import { z } from 'zod';
import { ApiError, errorSchema } from '../api-error.ts';
import type { GatewayDependencies, GatewayServer, RegistryTokens } from '../gateway-server.ts';
import { parseRegistryLogin } from '../registry-login.ts';
import { createRegistryTokenDesk, type RegistryTokenDesk } from '../registry-token-desk.ts';

const querySchema = z.object({
  service: z.string().max(255).optional().describe('The registry, as its challenge names it'),
  scope: z
    .union([z.string(), z.array(z.string())])
    .default([])
    .describe('repository:<name>:<actions>; several by a space, or by several parameters'),
});
const formSchema = z.object({
  grant_type: z.string(),
  service: z.string().max(255).optional(),
  scope: z.string().default(''),
  username: z.string().default(''),
  password: z.string().optional(),
});
const response = {
  200: z.object({
    token: z.string(),
    access_token: z.string().describe('The same, for clients of OAuth 2.0'),
    expires_in: z.number().describe('Seconds'),
    issued_at: z.string(),
    scope: z.string().describe('What was granted: often less than was asked for'),
  }),
  400: errorSchema,
  401: errorSchema,
  429: errorSchema,
  503: errorSchema,
};

const MAX_FORM_BYTES = 16 * 1024;

/** `tokens` is what makes the gateway a registry's token server. */
export function registerRegistryTokenRoute(
  app: GatewayServer,
  deps: GatewayDependencies,
  tokens: RegistryTokens,
): void {
  const desk = createRegistryTokenDesk(deps, tokens);
  app.addHook('onSend', async (_request, reply) => {
    void reply.header('cache-control', 'no-store');
    // RFC 9110, 11.6.1: who sent nothing learns from it what to send.
    if (reply.statusCode === 401) void reply.header('www-authenticate', 'Basic realm="Pratique"');
  });
  registerGet(app, desk);
  registerPost(app, desk);
}

function registerGet(app: GatewayServer, desk: RegistryTokenDesk): void {
  app.get(
    '/registry/token',
    {
      schema: {
        summary: 'A token for the registry',
        description: 'Basic authentication with an API token as password, or the API token as bearer.',
        security: [{ basic: [] }, { token: [] }],
        querystring: querySchema,
        response,
      },
    },
    async (request) => {
      const { service, scope } = request.query;
      const caller = await desk.identify(parseRegistryLogin(request.headers.authorization), request);
      return desk.answer(caller, { service, scopes: [scope].flat() }, request);
    },
  );
}

function registerPost(app: GatewayServer, desk: RegistryTokenDesk): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))),
  );
  app.post(
    '/registry/token',
    {
      schema: {
        summary: 'A token for the registry, asked for as OAuth 2.0 does',
        description: 'grant_type=password, with an API token as password: what containerd asks first.',
        security: [],
        consumes: ['application/x-www-form-urlencoded'],
        body: formSchema,
        response,
      },
    },
    async (request) => {
      const { grant_type: grant, service, scope, username, password } = request.body;
      if (grant !== 'password')
        throw new ApiError(400, 'INVALID_REQUEST', 'only grant_type=password is known here', { place: 'grant_type' });
      const caller = await desk.identify(password === undefined ? undefined : { username, password }, request);
      return desk.answer(caller, { service, scopes: [scope] }, request);
    },
  );
}
