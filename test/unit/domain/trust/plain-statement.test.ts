/** The quick way reads what the schema reads, or leaves it to the schema. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readPlainStatement, readStatement } from '../../../../domain/trust/plain-statement.ts';
import { statementSchema } from '../../../../domain/trust/statement.ts';

const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'shop', digest: { sha256: 'a'.repeat(64), sha512: 'b' } }],
  predicateType: 'https://example.com/t',
  predicate: { any: ['thing', null] },
};
const [subject] = statement.subject;

it.each<[string, unknown]>([
  ['with a name', statement],
  ['without one', { ...statement, subject: [{ digest: { sha256: 'a' } }] }],
  ['of the older version', { ...statement, _type: 'https://in-toto.io/Statement/v0.1' }],
  ['about no digest', { ...statement, subject: [{ digest: {} }] }],
])('a statement %s is read at once, as the schema has it', (_name, value) => {
  expect(readPlainStatement(value)).toEqual(statementSchema.parse(value));
  expect(readStatement(value)).toEqual(statementSchema.parse(value));
});

it.each<[string, unknown, boolean]>([
  ['two subjects', { ...statement, subject: [subject, subject] }, true],
  ['a member nobody knows', { ...statement, more: 1 }, true],
  ['a member of the subject nobody knows', { ...statement, subject: [{ ...subject, uri: 'x' }] }, true],
  ['no predicate', { ...statement, predicate: undefined }, true],
  ['no subject', { ...statement, subject: [] }, false],
  ['a subject that is a list', { ...statement, subject: [[]] }, false],
  ['a digest that is a list', { ...statement, subject: [{ digest: [] }] }, false],
  ['a digest that is a number', { ...statement, subject: [{ digest: { sha256: 1 } }] }, false],
  ['a name that is null', { ...statement, subject: [{ ...subject, name: null }] }, false],
  ['another type', { ...statement, _type: 'https://in-toto.io/Statement/v2' }, false],
  ['no predicate type', { ...statement, predicateType: '' }, false],
  ['a predicate type without end', { ...statement, predicateType: 'x'.repeat(1001) }, false],
  ['nothing', null, false],
  ['a list', [statement], false],
])('%s is for the schema', (_name, value, isOne) => {
  if (isOne) expect(readStatement(value)).toEqual(statementSchema.parse(value));
  else expect(readStatement(value)).toBeUndefined();
});

it('whatever the quick way reads, the schema reads the same', () => {
  const text = fc.constantFrom('', 'a', 'sha256', '__proto__', 'constructor', 'x'.repeat(1001));
  const wrong = fc.oneof(text, fc.jsonValue({ maxDepth: 1 }));
  /** As it should be, four times of five. */
  const mostly = (right: unknown) => fc.oneof({ weight: 4, arbitrary: fc.constant(right) }, wrong);
  const digest = fc.oneof(
    { weight: 4, arbitrary: fc.dictionary(text, fc.oneof({ weight: 9, arbitrary: text }, wrong), { maxKeys: 3 }) },
    wrong,
  );
  const value = fc.record({
    ...{ _type: mostly(statement._type), predicateType: mostly('x'), predicate: wrong },
    subject: fc.array(fc.record({ name: mostly('x'), digest }, { requiredKeys: ['digest'] }), {
      minLength: 1,
      maxLength: 2,
    }),
  });
  let read = 0;
  fc.assert(
    fc.property(value, (candidate) => {
      const json: unknown = JSON.parse(JSON.stringify(candidate));
      const plain = readPlainStatement(json);
      if (plain === undefined) return;
      read += 1;
      expect(statementSchema.parse(json)).toEqual(plain);
    }),
    { numRuns: 1000 },
  );
  expect(read).toBeGreaterThan(0);
});
