import type { FastifyBaseLogger } from 'fastify';
import { fastify, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { ApiError } from './api-error.ts';
import { requirePermissions } from './authenticate.ts';
import { handleError } from './error-handler.ts';
import type { GatewayDependencies, GatewayServer } from './gateway-server.ts';
import { limitBodyTime } from './limit-body-time.ts';
import { limitInFlight } from './limit-in-flight.ts';
import { describeApi } from './openapi.ts';
import { createRequestGuard, defaultLimits } from './request-limits.ts';
import { observeRequests } from './request-telemetry.ts';
import { apiRoutes } from './routes/api-routes.ts';
import { registerApprovalPage } from './routes/approval-page.ts';
import { registerHealthRoutes } from './routes/health.ts';
import { registerHookRoutes } from './routes/hooks.ts';
import { registerRegistryTokenRoute } from './routes/registry-token.ts';
import { registerSourceEventRoutes } from './routes/source-events.ts';

const BODY_LIMIT_BYTES = 1024 * 1024;

/** The HTTP server, not listening yet. It closes none of its dependencies. */
export async function createGateway(deps: GatewayDependencies): Promise<GatewayServer> {
  const app: GatewayServer = fastify({
    loggerInstance: deps.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    // Ids of passkeys are the longest: base64url of 1023 bytes (Web Authentication, "Credential ID").
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply),
    // limitBodyTime has one for bodies, and Node one for headers.
    requestTimeout: 0,
    // Connections that are idle must not hold up the end of the process.
    forceCloseConnections: 'idle',
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(handleError);
  app.setNotFoundHandler((request) => {
    throw new ApiError(
      404,
      'NOT_FOUND',
      `${request.method} ${request.url.split('?')[0]?.slice(0, 200)} is no call here`,
      {
        hint: 'GET /openapi.json lists all of them',
      },
    );
  });
  limitInFlight(app);
  limitBodyTime(app);
  observeRequests(app);
  await describeApi(app);

  const { limits = defaultLimits } = deps;
  registerHealthRoutes(app, deps);
  if (deps.relyingParty !== undefined) registerApprovalPage(app);
  await app.register(async (hooks: GatewayServer) =>
    registerHookRoutes(hooks, deps, createRequestGuard('webhooks', limits.webhooksPerSecond)),
  );
  await app.register(async (events: GatewayServer) =>
    registerSourceEventRoutes(events, deps, createRequestGuard('events', limits.apiPerSecond)),
  );
  const { registryTokens } = deps;
  if (registryTokens !== undefined)
    await app.register(async (scope: GatewayServer) => registerRegistryTokenRoute(scope, deps, registryTokens));
  await app.register(
    async (api: GatewayServer) => {
      requirePermissions(api, deps.tokens, createRequestGuard('api', limits.apiPerSecond));
      for (const register of apiRoutes) register(api, deps);
    },
    { prefix: '/api/v1' },
  );
  await app.ready();
  return app;
}
