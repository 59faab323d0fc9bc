/** What the OpenAPI document says is what is taken and answered: clients are generated from it. */
import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import { startApi } from './api-fixture.ts';
import { WEBHOOK_SECRET } from './gateway-fixture.ts';

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
}

const { gateway, tokens } = await startApi();
afterAll(() => gateway.close());
const document = (await gateway.app.inject({ url: '/openapi.json' })).json<{
  paths: Record<string, Record<string, Operation>>;
}>();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const bodies = operations.flatMap(({ path, method, operation }) =>
  Object.entries(operation.requestBody?.content ?? {}).map(([type, { schema }]) => ({ path, method, type, schema })),
);
const called = (path: string) => path.replaceAll(/\{\w+\}/g, '1');

describe('the OpenAPI document', () => {
  test.each(bodies)('$method $path takes $type', async ({ path, method, type }) => {
    const callers = path.startsWith('/hooks/') ? [WEBHOOK_SECRET] : Object.values(tokens);
    const statuses = [];
    for (const caller of callers) {
      const response = await gateway.app.inject({
        ...{ method: method as 'POST', url: called(path), payload: '{}' },
        // Binary mode of CloudEvents has its attributes here.
        headers: { authorization: `Bearer ${caller}`, 'content-type': type, 'ce-specversion': '1.0' },
      });
      statuses.push(response.statusCode);
    }
    expect(statuses).not.toContain(415);
    // Somebody may: a body is read of nobody else.
    expect(statuses.filter((status) => status !== 403)).not.toEqual([]);
  });

  test('says what each call takes that reads a body', () => {
    expect(bodies.map(({ path, type }) => `${path} ${type}`)).toEqual(
      expect.arrayContaining([
        '/events application/cloudevents+json',
        '/hooks/distribution application/vnd.docker.distribution.events.v2+json',
        '/api/v1/advisories application/x-ndjson',
        '/api/v1/advisories/threats application/x-ndjson',
        '/api/v1/decisions/documents application/json',
        '/api/v1/scanner-reports application/json',
        '/api/v1/policies application/yaml',
      ]),
    );
    expect(bodies).not.toContainEqual(expect.objectContaining({ path: '/api/v1/policies', type: 'application/json' }));
  });

  test('has an answer for every refusal, and names each operation once', async () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const refused = (await gateway.app.inject({ url: '/api/v1/status' })).json<object>();
    for (const { path, method, operation } of operations) {
      const answer = operation.responses.default?.content as { 'application/json': { schema: object } } | undefined;
      expect(answer, `${method} ${path}`).toBeDefined();
      expect(new Ajv2020({ strict: false }).validate(answer?.['application/json'].schema ?? false, refused)).toBe(true);
    }
  });

  // OpenAPI 3.1.1, "Path Item", "Operation", "Request Body", "Responses" and "Media Type Object"; its schemas are JSON Schema 2020-12.
  test('is one of OpenAPI 3.1', () => {
    const validator = new Ajv2020({ strict: false, validateFormats: false });
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Pratique', version: '1' } });
    for (const { path, operation } of operations) {
      expect(path).toMatch(/^\//);
      for (const [status, { description }] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^(?:[1-5](?:\d\d|XX)|default)$/);
        expect(description).not.toBe('');
      }
    }
    for (const { path, type, schema } of bodies)
      expect(validator.validateSchema(schema), `${path} ${type}: ${validator.errorsText()}`).toBe(true);
  });
});

test('the event of docs/build-events.md is taken as it stands, and is what the document describes', async () => {
  const page = await readFile(new URL('../../../docs/build-events.md', import.meta.url), 'utf8');
  const payload = /```json\n(.*?)```/s.exec(page)?.[1] ?? '';
  const type = 'application/cloudevents+json';
  const speaksFor = { repositories: ['shop/**'], builders: ['https://ci.example.com/*'] };
  const token = await gateway.token('viewer', { subject: 'ci', speaksFor });
  const response = await gateway.app.inject({
    ...{ method: 'POST', url: '/events', payload },
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
  });
  expect([response.statusCode, response.json()]).toEqual([202, { id: 'source:ci:web-1234' }]);
  const { schema } = bodies.find((body) => body.path === '/events' && body.type === type) ?? { schema: false };
  const validator = new Ajv2020({ strict: false, validateFormats: false });
  expect(validator.validate(schema, JSON.parse(payload)), validator.errorsText()).toBe(true);
});
