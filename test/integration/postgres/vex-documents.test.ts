/** What a VEX document that somebody brings decides about findings, and what it does not. */
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { listDecisions } from '../../../adapters/postgres/decision-rows.ts';
import {
  age,
  ann,
  book,
  count,
  cveOf,
  decide,
  hold,
  inHours,
  judge,
  nameOf,
  outcomeOf,
  own,
  publish,
  useDecisionStage,
} from './decision-stage.ts';
import { digestOf } from './harbour.ts';

useDecisionStage();

describe('a VEX document', () => {
  const openVex = (statement: object = {}, more: object = {}) =>
    JSON.stringify({
      ...{ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': `https://example.com/${count}`, author: 'Vendor' },
      ...{ timestamp: '2026-01-01T00:00:00Z', version: 1 },
      statements: [
        {
          vulnerability: { name: cveOf() },
          products: [{ '@id': `pkg:npm/${nameOf()}@1.0.0` }],
          ...{ status: 'not_affected', justification: 'vulnerable_code_not_present' },
          ...statement,
        },
      ],
      ...more,
    });
  const submit = (text: string, more: object = {}) =>
    book.submit({ text, source: 'vex.json', scope: {}, ...more }, ann);

  test('is kept, decides in the name of its author, and changes nothing when it is brought again', async () => {
    const key = await hold('vex');
    await publish();
    const receipt = await submit(openVex());
    expect(receipt).toMatchObject({ format: 'openvex', statements: 1, isNew: true });
    const verdict = await judge(key);
    expect(verdict.outcome).toBe('pass');
    expect(verdict.gates[1]?.details[0]).toContain('vulnerable_code_not_present');
    const { items } = await listDecisions(own.db, { advisory: cveOf(), ended: false }, { limit: 10, after: undefined });
    expect(items).toMatchObject([{ madeBy: 'ann', document: { digest: receipt.digest, author: 'Vendor' } }]);
    const { rows } = await sql`select 1 from blob where digest = ${receipt.digest}`.execute(own.db);
    expect(rows).toHaveLength(1);
    await book.revoke(receipt.decisions[0]!, 'not true', ann);
    expect(await submit(openVex())).toEqual({ ...receipt, isNew: false });
    expect(await outcomeOf(key)).toBe('fail');
  });

  test('decides anew for another place or until another end, beside what it decides already', async () => {
    const key = await hold('vex');
    await publish();
    const text = openVex();
    const other = await submit(text, { scope: { artifact: 'other/**' } });
    expect(await outcomeOf(key)).toBe('fail');
    const ends = inHours(24);
    const [first, ...again] = await Promise.all(
      [1, 2].map(() => submit(text, { scope: { artifact: 'shop/**' }, expires: ends })),
    );
    expect(again).toEqual([{ ...first, isNew: !first!.isNew }]);
    expect(first).toMatchObject({ digest: other.digest, others: other.decisions });
    expect(await outcomeOf(key)).toBe('pass');
    await age(first!.decisions[0]!, 48);
    expect(await outcomeOf(key)).toBe('fail');
    const later = await submit(text, { scope: { artifact: 'shop/**' }, expires: inHours(48) });
    expect(later).toMatchObject({ others: other.decisions, isNew: true });
    expect(await outcomeOf(key)).toBe('pass');
    const { rows } = await sql`select 1 from outbox where subject = ${`vex/${other.digest}`}`.execute(own.db);
    expect(rows).toHaveLength(3);
  });

  test('that was brought too widely is narrowed: revoked, and brought for what is meant', async () => {
    const key = await hold('vex');
    await publish();
    const wide = await submit(openVex());
    const narrow = await submit(openVex(), { scope: { environment: 'dev' } });
    expect(narrow).toMatchObject({ isNew: true, others: wide.decisions });
    await book.revoke(wide.decisions[0]!, 'for dev only', ann);
    expect([await outcomeOf(key), await outcomeOf(key, 'prod')]).toEqual(['pass', 'fail']);
    expect(await submit(openVex())).toEqual({ ...wide, isNew: false, others: narrow.decisions });
    expect(await outcomeOf(key, 'prod')).toBe('fail');
  });

  test.each<[what: string, statement: () => object, more: object]>([
    ['about another product', () => ({ products: [{ '@id': 'pkg:npm/another' }] }), {}],
    ['about another version', () => ({ products: [{ '@id': `pkg:npm/${nameOf()}@1.0.1` }] }), {}],
    [
      'about it in another artifact',
      () => ({ products: [{ '@id': digestOf('another'), subcomponents: [{ '@id': `pkg:npm/${nameOf()}` }] }] }),
      {},
    ],
    ['that is looked into', () => ({ status: 'under_investigation' }), {}],
    ['brought for another environment', () => ({}), { scope: { environment: 'prod' } }],
    ['brought for another repository', () => ({}), { scope: { artifact: 'other/**' } }],
  ])('%s hides nothing', async (_, statement, more) => {
    const key = await hold('vex');
    await publish();
    await submit(openVex(statement()), more);
    expect(await outcomeOf(key)).toBe('fail');
  });

  test.each([
    ['the version found', '1.0.0', 'pass'],
    ['another version', '1.0.1', 'fail'],
  ])('of CycloneDX that lists %s', async (_, version, outcome) => {
    const key = await hold('vex');
    await publish();
    const affects = [{ ref: `pkg:npm/${nameOf()}`, versions: [{ version, status: 'unaffected' }] }];
    const vulnerabilities = [{ id: cveOf(), analysis: { state: 'not_affected' }, affects }];
    await submit(JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', vulnerabilities }));
    expect(await outcomeOf(key)).toBe(outcome);
  });

  test('gives way to what a person says, older or newer', async () => {
    const key = await hold('vex');
    await publish();
    const { id } = await decide({ state: 'affected', expires: undefined });
    await submit(openVex({}, { timestamp: '2099-01-01T00:00:00Z' }));
    expect(await outcomeOf(key)).toBe('fail');
    await book.revoke(id, 'the vendor is right', ann);
    expect(await outcomeOf(key)).toBe('pass');
  });

  test.each<[what: string, text: () => string, code: string]>([
    ['no JSON', () => '{', 'VEX_NOT_JSON'],
    ['something else', () => '{"a": 1}', 'VEX_UNKNOWN_FORMAT'],
    ['wrong', () => openVex({ status: 'fine' }), 'VEX_INVALID'],
    ['about nothing', () => openVex({ products: [] }), 'DECISION_INVALID'],
    ['with NUL in it', () => openVex({ impact_statement: 'a\u0000b' }), 'DECISION_INVALID'],
  ])('that is %s is refused, and nothing of it is kept', async (_, text, code) => {
    await expect(submit(text())).rejects.toMatchObject({ code });
    const { items } = await listDecisions(own.db, { advisory: cveOf(), ended: true }, { limit: 10, after: undefined });
    expect(items).toEqual([]);
  });
});
