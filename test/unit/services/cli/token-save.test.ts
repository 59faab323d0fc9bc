import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../../../temporary-folder.ts';
import { type AnsweringGateway, startAnsweringGateway } from './answering-gateway.ts';
import { failure } from './cases/case.ts';
import { runCommand, splitWords } from './run-command.ts';

let gateway: AnsweringGateway;
beforeAll(async () => {
  gateway = await startAnsweringGateway();
});
afterAll(() => gateway.close());

test('a token that was not made leaves no file, so that it can be tried again', async () => {
  const cwd = temporaryFolder('pratique-token-');
  const file = path.join(cwd, 'bob.token');
  const create = () =>
    runCommand(splitWords('token create --subject bob --role viewer --save bob.token'), {
      ...{ env: { PRATIQUE_TOKEN: 'prq_test', PRATIQUE_URL: gateway.url }, cwd },
    });
  gateway.answer({ 'POST /tokens': failure(503, 'UNAVAILABLE', 'the database does not answer') });
  expect(await create()).toMatchObject({ code: 3, stderr: expect.stringContaining('pratique token list') });
  expect(existsSync(file)).toBe(false);
  gateway.answer({ 'POST /tokens': { status: 201, body: { id: '3f1c9a7d2b040e55', token: 'prq_secret' } } });
  expect((await create()).code).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe('prq_secret\n');
});
