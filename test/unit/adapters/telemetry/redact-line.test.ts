import { expect, it } from 'vitest';
import { redactLine } from '../../../../adapters/telemetry/redact-line.ts';

const secret = 'hunter2/Hx+9';

it.each<[string, unknown]>([
  ['the password of an address', { message: `clone of https://bob:hunter2@git.example/shop.git failed` }],
  ['a token that is the user of an address', { stack: `Error: https://hunter2@git.example\n    at clone` }],
  ['a database address in a cause', { err: { stack: `caused by: postgres://app:hunter2@db:5432/x` } }],
  ['a signed address', { message: 'GET https://blobs.example/a?X-Amz-Signature=hunter2&part=1' }],
  ['a header in a text', { message: `sent authorization: Basic ${secret} and failed` }],
  ['a header in JSON in a text', { message: JSON.stringify({ headers: { Authorization: `Bearer ${secret}` } }) }],
  ['a header of a forge in a text', { message: `curl -H 'x-gitlab-token: hunter2'` }],
  ['cookies in a text', { message: 'set-cookie: session=hunter2; Path=/' }],
  ['credentials without their header', { message: `the token was Bearer ${secret}x` }],
  ['a field six objects down', { a: [{ b: { c: { d: { e: { password: `"${secret}\\` } } } } }] }],
  ['a field whose name is written otherwise', { a: { b: { c: { d: { Authorization: secret } } } } }],
])('%s is not in the line, which stays JSON', (_name, fields) => {
  const line = redactLine(JSON.stringify(fields));
  expect(line).not.toContain('hunter2');
  expect(line).toContain('[redacted]');
  expect(Object.keys(JSON.parse(line) as object)).toEqual(Object.keys(fields as object));
});

it.each([
  { message: 'https://registry.example/v2/shop/web/manifests/sha256:abc?digest=sha256:def' },
  { message: 'the Bearer token was refused; see ssh://git@forge.example/shop.git' },
  { message: 'ask pkg:npm/%40scope/name@1.0 of someone@example.org' },
  { tokens: 3, path: 'C:\\x\\"y"' },
])('%j stays as it is', (fields) => {
  expect(redactLine(JSON.stringify(fields))).toBe(JSON.stringify(fields));
});

it('takes time by the length of the line', () => {
  const begun = performance.now();
  for (const part of ['://', 'https://a', 'authorization: ', 'Bearer ', '?token=', '"token":"\\'])
    redactLine(JSON.stringify({ message: part.repeat(30_000) }));
  expect(performance.now() - begun).toBeLessThan(5000);
});
