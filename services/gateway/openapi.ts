import swagger from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorSchema } from './api-error.ts';
import type { GatewayServer } from './gateway-server.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** By content type: what a route takes whose body is read as it comes, and is checked by no schema of the route. */
    readonly takes?: Readonly<Record<string, z.ZodType>>;
  }
}

type Described = ReturnType<typeof jsonSchemaTransform>;
type Route = Parameters<typeof jsonSchemaTransform>[0]['route'];

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
    transform: (document) => {
      const { schema, url, route } = document;
      if (schema === undefined || schema.hide === true) return jsonSchemaTransform(document);
      const response = { ...(schema.response ?? {}), default: refusal };
      const described = jsonSchemaTransform({ ...document, schema: { ...schema, response } });
      return {
        ...described,
        schema: { ...described.schema, operationId: operationIdOf(route, url), ...bodyOf(route) },
      };
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

const refusal = errorSchema.describe('Why it was not done: clients switch on the code');

/** `postPromotionsCancel`, `getReconcileByRunId`. */
function operationIdOf({ method }: Route, url: string): string {
  const words = url
    .replace(/^\/api\/v1/, '')
    .replaceAll('/:', '/by-')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return [String(method).toLowerCase(), ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('');
}

function bodyOf({ config }: Route): Pick<NonNullable<Described['schema']>, 'body'> {
  const takes = Object.entries(config?.takes ?? {});
  if (takes.length === 0) return {};
  const content = takes.map(([type, schema]) => {
    const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input' });
    return [type, { schema: described }];
  });
  return { body: { content: Object.fromEntries(content) } };
}
