/** What a caller hears of an error: later, or never, and no more than that. */
import { ServiceError } from '@temporalio/client';
import fastify, { LogController } from 'fastify';
import { expect, it } from 'vitest';
import { ApiError } from '../../../../services/gateway/api-error.ts';
import { handleError } from '../../../../services/gateway/error-handler.ts';

const withCode = (message: string, code: string | number) => Object.assign(new Error(message), { code });

async function answerTo(error: Error, path = '/') {
  const app = fastify();
  app.setErrorHandler(handleError);
  app.get('/', () => Promise.reject(error));
  const response = await app.inject(path);
  return {
    status: response.statusCode,
    retryAfter: response.headers['retry-after'],
    code: response.json<{ error: { code: string } }>().error.code,
    text: response.payload,
  };
}

it.each([
  ['a database that is away', withCode('connect ECONNREFUSED', 'ECONNREFUSED')],
  ['a database that stops', withCode('terminating connection', '57P01')],
  ['a database whose disk is full', withCode('could not extend file: secret path', '53100')],
  ['a database with no connection left', withCode('sorry, too many clients already', '53300')],
  ['a pool that waited in vain', new Error('timeout exceeded when trying to connect')],
  ['Temporal away', new ServiceError('Workflow Update failed', { cause: withCode('14 UNAVAILABLE', 14) })],
  ['Temporal slow', new ServiceError('Workflow Update failed', { cause: withCode('4 DEADLINE_EXCEEDED', 4) })],
])('%s: 503, and when to come back', async (_, error) => {
  const answer = await answerTo(error);
  expect(answer).toMatchObject({ status: 503, code: 'UNAVAILABLE', retryAfter: expect.stringMatching(/^[1-9]/) });
  expect(answer.text).not.toContain('secret');
});

it.each([
  ['a NUL', '22021', '/', 'a text holds what no text can hold'],
  ['a number out of range', '22003', '/', 'a text holds what no text can hold'],
  ['a cursor of another list', '22007', '/?cursor=WyJ4Il0', 'the cursor is not one this list gave'],
])('%s that only the database sees: 400', async (_, code, path, message) => {
  const answer = await answerTo(withCode('invalid byte sequence: secret', code), path);
  expect(answer).toMatchObject({ status: 400, code: 'INVALID_REQUEST', text: expect.stringContaining(message) });
  expect(answer.text).not.toContain('secret');
});

it.each([
  ['a division by nothing', withCode('division by zero', '22012')],
  ['a mistake of ours', new TypeError('x is not a function')],
  ['a query that is wrong', withCode('column "secret" does not exist', '42703')],
  ['Temporal refusing', new ServiceError('refused', { cause: withCode('3 INVALID_ARGUMENT', 3) })],
])('%s: 500, and no promise that it passes', async (_, error) => {
  const answer = await answerTo(error);
  expect(answer).toMatchObject({ status: 500, code: 'INTERNAL', retryAfter: undefined });
  expect(answer.text).not.toContain('secret');
});

it.each([
  ['refused', new ApiError(409, 'REFUSED', 'no'), '/things/prq_secret?token=prq_secret', '/things/:id', 'REFUSED'],
  ['failed', new TypeError('no'), '/things/1?token=prq_secret', '/things/:id', 'INTERNAL'],
  ['an address that is no call', new TypeError('no'), '/prq_secret', 'unknown', 'NOT_FOUND'],
  ['an address that can not be read', new TypeError('no'), '/things/%zz', 'unknown', 'INVALID_REQUEST'],
])(
  '%s: the log says which call it was, and of whom, and nothing of what it carried',
  async (_, error, url, route, code) => {
    const lines: string[] = [];
    const app = fastify({
      logger: { stream: { write: (line: string) => lines.push(line) } },
      logController: new LogController({ disableRequestLogging: true }),
      frameworkErrors: (framework, request, reply) => void handleError(framework, request, reply),
    });
    app.setErrorHandler(handleError);
    app.setNotFoundHandler(() => Promise.reject(new ApiError(404, 'NOT_FOUND', 'no call here')));
    app.get('/things/:id', () => Promise.reject(error));
    await app.inject({ url, remoteAddress: '192.0.2.7' });
    const line = lines.find((written) => written.includes('the request')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ method: 'GET', route, address: '192.0.2.7', code });
    expect(line).not.toContain('secret');
  },
);
