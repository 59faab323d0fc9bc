import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayFixture, startGateway, WEBHOOK_SECRET } from './gateway-fixture.ts';

/** Of one a second: ten times that. */
const BURST = 10;

let gateway: GatewayFixture;
beforeAll(async () => {
  gateway = await startGateway({ limits: { apiPerSecond: 1, webhooksPerSecond: 1 } });
});
afterAll(() => gateway.close());

const get = (token: string) =>
  gateway.app.inject({ url: '/api/v1/promotions', headers: { authorization: `Bearer ${token}` } });
const hook = (secret: string) =>
  gateway.app.inject({ method: 'POST', url: '/hooks/distribution', headers: { authorization: `Bearer ${secret}` } });

/** The statuses of more calls at once than one caller has. */
async function statusesOf(call: () => Promise<{ statusCode: number }>): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: 2 * BURST }, call));
  return answers.map(({ statusCode }) => statusCode);
}

test('a token that asks too often is told when to come back; another one is not', async () => {
  const [busy, calm] = [await gateway.token('viewer'), await gateway.token('viewer')];
  const statuses = await statusesOf(() => get(busy));
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(BURST);
  expect(statuses).toContain(429);
  const refused = await statusAfter(() => get(busy), 429);
  expect(refused.headers['retry-after']).toBe('1');
  expect(refused.json()).toMatchObject({
    error: { code: 'RATE_LIMITED', hint: expect.stringContaining('Retry-After') },
  });
  expect((await get(calm)).statusCode).toBe(200);
});

test('guesses at tokens are counted by address, and take nothing from those who have one', async () => {
  const token = await gateway.token('viewer');
  const statuses = await statusesOf(() => get('prq_guess'));
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  expect((await get(token)).statusCode).toBe(200);
});

test('a webhook is limited by its source; strangers take nothing from the registry', async () => {
  const statuses = await statusesOf(() => hook('wrong'));
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  // With the secret: refused for its content type, not for its number.
  expect((await hook(WEBHOOK_SECRET)).statusCode).toBe(415);
  expect(await statusesOf(() => hook(WEBHOOK_SECRET))).toContain(429);
});

/** The first answer with this status: a bucket fills again while the test asks. */
async function statusAfter(call: () => ReturnType<typeof get>, status: number) {
  for (;;) {
    const answer = await call();
    if (answer.statusCode === status) return answer;
  }
}
