import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonAmbiguity } from '../../../../domain/json/ambiguity.ts';
import { canonicalJson } from '../../../../domain/trust/canonical-json.ts';
import { createStatement, statementSchema } from '../../../../domain/trust/statement.ts';
import { readWrittenStatement } from '../../../../domain/trust/written-statement.ts';

const digest = `sha256:${'a'.repeat(64)}` as never;
const statement = createStatement(digest, 'https://example.com/t', { a: [1, { b: 'c' }] }, 'shop');
const text = canonicalJson(statement);

it.each([
  ['with a name', statement],
  ['without', createStatement(digest, 'https://sigstore.dev/cosign/sign/v1', {})],
  ['of the older version', { ...statement, _type: 'https://in-toto.io/Statement/v0.1' as const }],
])('reads a statement that is written %s', (_, value) => {
  expect(readWrittenStatement(canonicalJson(value))).toEqual(value);
});

it.each([
  ['a predicate twice', text.replace('"predicate":', '"predicate":{},"predicate":')],
  ['a key twice in the predicate', text.replace('{"a":', '{"a":1,"a":')],
  ['a key twice, escaped once', text.replace('{"a":', '{"\\u0061":1,"a":')],
  ['a subject more', text.replace('"subject":[', '"subject":[{"digest":{}},')],
  ['a member that nobody knows', text.replace('"subject":', '"stranger":1,"subject":')],
  ['a digest more', text.replace('"sha256":', '"sha1":"00","sha256":')],
  ['a space', text.replace(',"subject"', ', "subject"')],
  ['a line more', `${text}\n`],
  ['an escape in the name', text.replace('shop', '\\u0073hop')],
  ['a control character', text.replace('shop', 'sh\u0001op')],
  ['no predicate type', text.replace('https://example.com/t', '')],
  ['another version', text.replace('Statement/v1', 'Statement/v2')],
])('leaves one with %s to others', (_, other) => {
  expect(other).not.toBe(text);
  expect(readWrittenStatement(other)).toBeUndefined();
});

it('reads what the schema reads, and never what two readers may read differently', () => {
  const pieces = [
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    ' ',
    'a',
    '"a":1,',
    '{},"predicate":{}',
    '"subject":[],',
    ',"x":{}',
  ];
  let read = 0;
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 }),
      fc.option(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(...pieces), fc.nat(2))),
      (predicate, edit) => {
        const whole = canonicalJson({ ...statement, predicate });
        const at = edit === null ? 0 : Math.floor(edit[0] * whole.length);
        const spoilt = edit === null ? whole : whole.slice(0, at) + edit[1] + whole.slice(at + edit[2]);
        const found = readWrittenStatement(spoilt);
        if (found === undefined) return;
        read += 1;
        expect(jsonAmbiguity(spoilt, 1000)).toBeUndefined();
        expect(found).toEqual(statementSchema.parse(JSON.parse(spoilt)));
      },
    ),
    { numRuns: 1000 },
  );
  expect(read).toBeGreaterThan(100);
});
