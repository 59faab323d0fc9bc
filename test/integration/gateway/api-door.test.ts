import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { policyText } from '../postgres/harbour.ts';
import { newDigest, startApi } from './api-fixture.ts';

const { gateway, tokens, get, send, post } = await startApi();
afterAll(() => gateway.close());

describe('tokens', () => {
  test('only a hash is kept, and the secret opens the API', async () => {
    const created = await post('/tokens', 'admin', { subject: 'bob', name: 'laptop', role: 'viewer' });
    expect(created.statusCode).toBe(201);
    const { id, token } = created.json<{ id: string; token: string }>();
    const [, tokenId, secret = ''] = /^prq_([0-9a-f]{16})_([\w-]{43})$/.exec(token) ?? [];
    expect(tokenId).toBe(id);
    const row = await gateway.db.selectFrom('api_token').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(secret);
    expect(row).toMatchObject({ hash: createHash('sha256').update(secret).digest('hex'), created_by: 'admin@test' });

    const use = () => gateway.app.inject({ url: '/api/v1/status', headers: { authorization: `Bearer ${token}` } });
    expect((await use()).statusCode).toBe(200);
    const used = await gateway.db
      .selectFrom('api_token')
      .select('last_used_at')
      .where('id', '=', id)
      .executeTakeFirst();
    expect(used?.last_used_at).toBeInstanceOf(Date);

    expect((await send('DELETE', `/tokens/${id}`, 'admin')).statusCode).toBe(200);
    expect((await use()).statusCode).toBe(401);
    expect((await send('DELETE', `/tokens/${id}`, 'admin')).statusCode).toBe(404);
    const listed = await get('/tokens', 'admin');
    expect(listed.body).not.toContain('hash');
    expect(listed.json<{ items: object[] }>().items).toContainEqual(
      expect.objectContaining({ id, revokedBy: 'admin@test' }),
    );
  });

  test.each([
    ['another secret of a real id', (token: string) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`],
    ['no token at all', () => ''],
    ['text that is none', () => 'prq_zz'],
  ])('%s is 401', async (_, change) => {
    const response = await gateway.app.inject({
      url: '/api/v1/status',
      headers: { authorization: `Bearer ${change(tokens.viewer)}` },
    });
    expect(response.statusCode).toBe(401);
  });

  test('an expired token is 401', async () => {
    const token = await gateway.token('viewer', { expiresAt: new Date(Date.now() - 1000) });
    const response = await gateway.app.inject({ url: '/api/v1/status', headers: { authorization: `Bearer ${token}` } });
    expect(response.statusCode).toBe(401);
  });

  test.each([
    ['POST', '/promotions', 'viewer'],
    ['POST', '/promotions/approve', 'operator'],
    ['POST', '/incidents', 'viewer'],
    ['POST', '/releases/x/approve', 'responder'],
    ['POST', '/reconcile', 'viewer'],
    ['GET', '/dead-letters', 'viewer'],
    ['GET', '/tokens', 'operator'],
    ['DELETE', '/tokens/0123456789abcdef', 'operator'],
  ] as const)('%s %s is 403 for %s', async (method, path, role) => {
    const response = method === 'GET' ? await get(path, role) : await send(method, path, role);
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({ error: { code: 'FORBIDDEN', hint: expect.stringContaining('one of') } });
  });
});

describe('what no query can take', () => {
  beforeAll(() =>
    gateway.app.inject({
      ...{ method: 'POST', url: '/api/v1/policies', payload: policyText(1) },
      headers: { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/yaml' },
    }),
  );

  test.each(['artifacts', 'incidents', 'releases', 'histories', 'decisions', 'keys/uses', 'promotions'])(
    'a made-up cursor of /%s is 400',
    async (list) => {
      for (let elements = 1; elements <= 6; elements += 1) {
        const cursor = Buffer.from(JSON.stringify(Array(elements).fill('x\0'))).toString('base64url');
        const answer = await get(`/${list}?cursor=${cursor}`, 'admin');
        expect(answer.json()).toMatchObject({ error: { code: 'INVALID_REQUEST', place: 'querystring.cursor' } });
      }
    },
  );

  test.each(['/artifacts?repository=%00', '/decisions?advisory=%00', '/histories?kind=%00'])(
    'a NUL in %s is 400',
    async (path) => {
      expect((await get(path, 'admin')).json()).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    },
  );

  test.each([
    ['/artifacts?environment=moon', 'environment'],
    ['/promotions?environment=moon', 'environment'],
    ['/affected?query=pkg:npm/left-pad&environment=moon', 'environment'],
    ['/keys/uses?key=moon', 'key'],
  ])('%s is 404, not an empty list', async (path, place) => {
    const answer = await get(path);
    expect([answer.statusCode, answer.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND', place } }]);
  });

  test('an environment the policy has no more is known while something is in it', async () => {
    await gateway.db
      .insertInto('placement')
      .values({ environment: 'gone', destination: 'gone/shop', digest: newDigest(), state: 'live' })
      .execute();
    expect((await get('/artifacts?environment=gone')).json()).toMatchObject({ items: [] });
  });

  test.each(['/keys/uses?subject=shop/web:1.0', '/events?subject=shop/web:1.0'])('a tag in %s is 400', async (path) => {
    expect((await get(path, 'admin')).json()).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
  });

  test('a NUL in a reason is 400, and says where', async () => {
    const answer = await post('/promotions/reject', 'approver', { promotion: 'promotion/prod/a@b', reason: 'a\0b' });
    expect(answer.json()).toMatchObject({ error: { code: 'INVALID_REQUEST', place: 'body.reason' } });
  });
});
