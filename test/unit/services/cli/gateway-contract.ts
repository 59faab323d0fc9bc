/** The gateway's own description of its API, as a judge of what the command line asks and of what a test answers it. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createLogger } from '../../../../adapters/telemetry/logger.ts';
import { createGateway } from '../../../../services/gateway/create-gateway.ts';
import type { GatewayDependencies } from '../../../../services/gateway/gateway-server.ts';

interface Operation {
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: object }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema?: object }> };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema?: object }> }>;
}

export interface GatewayContract {
  /** What is wrong with a request, or nothing. `path` is below /api/v1. */
  judgeRequest(method: string, path: string, query: URLSearchParams, contentType: string, body: string): string[];
  /** What is wrong with an answer that a test gives. */
  judgeAnswer(method: string, path: string, status: number, answer: unknown): string[];
}

const PREFIX = '/api/v1';

/** Nothing the gateway rests on is called while it only describes itself. */
const nothing = new Proxy({}, { get: () => () => undefined });

export async function readGatewayContract(): Promise<GatewayContract> {
  const logger = createLogger('contract', 'silent');
  const app = await createGateway({
    db: nothing,
    tokens: nothing,
    producer: nothing,
    inspector: nothing,
    ports: nothing,
    telemetry: nothing,
    registry: 'registry.test',
    webhookSecret: 'secret',
    logger,
  } as unknown as GatewayDependencies);
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> };
  await app.close();
  // A query is all text; what is JSON has its types, and '' is no null there.
  const ofText = new Ajv2020({ strict: false, allErrors: true, coerceTypes: true });
  const ofJson = new Ajv2020({ strict: false, allErrors: true });

  const find = (method: string, path: string): Operation | undefined => {
    const exact = paths[`${PREFIX}${path}`];
    const template = Object.keys(paths).find((candidate) =>
      new RegExp(`^${candidate.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(`${PREFIX}${path}`),
    );
    return (exact ?? paths[template ?? ''])?.[method.toLowerCase()];
  };
  const judge = (schema: object | undefined, value: unknown, what: string, ajv = ofJson): string[] => {
    if (schema === undefined) return [];
    const validate = ajv.compile(schema);
    const copy: unknown = structuredClone(value);
    return validate(copy) ? [] : [`${what}: ${ajv.errorsText(validate.errors)}`];
  };

  return {
    judgeRequest(method, path, query, contentType, body) {
      const operation = find(method, path);
      if (operation === undefined) return [`the API has no ${method} ${path}`];
      const known = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
      const unknown = [...query.keys()].filter((name) => !known.some((parameter) => parameter.name === name));
      return [
        ...unknown.map((name) => `${path} knows no parameter ${name}`),
        ...known.flatMap(({ name, required, schema }) => {
          const value = query.get(name);
          if (value === null) return required ? [`${path} needs ${name}`] : [];
          return judge({ type: 'object', properties: { value: schema } }, { value }, name, ofText);
        }),
        ...(contentType === 'application/json'
          ? judge(operation.requestBody?.content['application/json']?.schema, JSON.parse(body), 'body')
          : []),
      ];
    },
    judgeAnswer(method, path, status, answer) {
      const content = find(method, path)?.responses[String(status)]?.content;
      // Failures have one form for all.
      if (content === undefined) return status >= 400 ? [] : [`${method} ${path} never answers ${status}`];
      return judge(content['application/json']?.schema, answer, `answer of ${method} ${path}`);
    },
  };
}
