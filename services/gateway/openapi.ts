import swagger from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import type { GatewayServer } from './gateway-server.ts';

/** OpenAPI 3.1 of every route registered afterwards, at /openapi.json. */
export async function describeApi(app: GatewayServer): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Pratique',
        version: '1',
        description:
          'Registry webhooks and build events in; artifacts, promotions, incidents and the rest behind a token.',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          basic: { type: 'http', scheme: 'basic' },
        },
      },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}
