/** Answers are written by zod's `encode`, which throws at a schema that only reads (a transform, a catch) once a value comes to it. */
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { GatewayDependencies, GatewayServer } from '../../../../services/gateway/gateway-server.ts';
import { apiRoutes } from '../../../../services/gateway/routes/api-routes.ts';

/** Nothing the gateway rests on is called while routes are registered. */
const nothing = new Proxy({}, { get: () => nothing }) as unknown as GatewayDependencies;
const oneWay = new Set(['transform', 'catch']);

const answers: [route: string, schema: z.core.$ZodType][] = [];
const app = fastify().withTypeProvider<ZodTypeProvider>() as unknown as GatewayServer;
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(serializerCompiler);
app.addHook('onRoute', ({ method, url, schema }) => {
  for (const [status, answer] of Object.entries(schema?.response ?? {}))
    if (answer instanceof z.ZodType) answers.push([`${String(method)} ${url} ${status}`, answer]);
});
for (const register of apiRoutes) register(app, nothing);
afterAll(() => app.close());

/** The places of a schema that encode nothing. */
function findOneWay(schema: z.core.$ZodType, place: string, seen = new Set<z.core.$ZodType>()): string[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const { def } = schema._zod as unknown as { def: Record<string, unknown> & { type: string } };
  if (oneWay.has(def.type)) return [place];
  const inside = (value: unknown, at: string): string[] => {
    if (value instanceof z.core.$ZodType) return findOneWay(value, at, seen);
    if (Array.isArray(value)) return value.flatMap((one) => inside(one, at));
    return [];
  };
  const shape = def.type === 'object' ? Object.entries(def.shape as object) : [];
  return [...Object.entries(def), ...shape].flatMap(([name, value]) => inside(value, `${place}.${name}`));
}

it('there are answers of every resource', () => {
  expect(answers.length).toBeGreaterThan(60);
});

it('each can be written', () => {
  expect(answers.flatMap(([route, schema]) => findOneWay(schema, route))).toEqual([]);
});

it('one that could not is found', () => {
  const digest = z.string().transform((text) => text);
  expect(findOneWay(z.object({ list: z.array(z.object({ digest })) }), 'x')).toEqual(['x.list.element.digest.out']);
});
