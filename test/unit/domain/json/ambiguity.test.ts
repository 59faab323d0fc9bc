import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonAmbiguity } from '../../../../domain/json/ambiguity.ts';

it('finds nothing in what JSON.stringify writes', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => jsonAmbiguity(JSON.stringify(value, null, 1), 100) === undefined));
});

it.each([
  ['{"a":1,"a":1}', /twice.*position 7/],
  ['{"a":{"b":[{"c":1,"d":2,"c":3}]}}', /twice/],
  ['{"a":1,"\\u0061":2}', /twice/],
  ['{"\\\\":1,"\\\\":2}', /twice/],
  ['{"__proto__":1,"__proto__":2}', /twice/],
  ['[[[1]]]', /more than 2 deep/],
])('%s: %s', (text, says) => {
  JSON.parse(text);
  expect(jsonAmbiguity(text, text.startsWith('[') ? 2 : 10)).toMatch(says);
});

it.each([
  '{"a":"a","b":"a"}',
  '[{"a":1},{"a":1}]',
  '{"a":{"a":{"a":1}}}',
  '{"a":"\\"a\\":","b":"{\\"a\\":1,\\"a\\":2}"}',
  '"a"',
])('%s is one thing to everybody', (text) => {
  expect(jsonAmbiguity(text, 10)).toBeUndefined();
});
