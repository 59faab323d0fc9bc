/** Each row is somebody who tries to hide a finding, or has the right to. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideFindings } from '../../../../../domain/advisory/decision/decide-findings.ts';
import { decisionStates, type FindingDecision } from '../../../../../domain/advisory/decision/decision.ts';
import { type Finding, isSuppressed } from '../../../../../domain/advisory/finding.ts';

const now = Date.UTC(2000, 0, 10);
const at = (hours: number) => new Date(now + hours * 3_600_000).toISOString();
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const OTHER = `sha256:${'cd'.repeat(32)}`;

const finding: Finding = {
  ...{ advisory: 'GHSA-35jh-r3h4-6jhm', aliases: ['CVE-2021-23337'], summary: '', severity: 'high', locations: [] },
  ...{ purl: 'pkg:npm/lodash@4.17.20', name: 'lodash', version: '4.17.20' },
};
const decision = (more: Partial<FindingDecision> = {}): FindingDecision => ({
  ...{ id: 'd1', advisories: ['CVE-2021-23337'], state: 'not_affected', reason: 'not reached', owner: 'shop' },
  ...{ scope: { component: 'pkg:npm/lodash' }, madeBy: 'ann', role: 'approver', madeAt: at(-2) },
  ...more,
});
const context = {
  ...{ repository: 'shop/web', digests: [DIGEST], environment: 'prod', now: at(0) },
  rules: { acceptedRisk: 90 * 86_400, notCommitter: false },
};
const decide = (decisions: readonly FindingDecision[], more: object = {}) =>
  decideFindings([finding], decisions, { ...context, ...more })[0]!;
const scoped = (scope: FindingDecision['scope']) => [decision({ scope })];
const product = (names: string[], subcomponents: string[] = []) => scoped({ products: [{ names, subcomponents }] });
const accepted = (expires: string | undefined, madeAt = at(-2)) => [
  decision({ state: 'accepted_risk', madeAt, ...(expires === undefined ? {} : { expires }) }),
];

describe('a decision', () => {
  test.each<[what: string, decisions: readonly FindingDecision[], hides: boolean]>([
    ['by an alias', [decision()], true],
    ['by its id', [decision({ advisories: ['GHSA-35jh-r3h4-6jhm'] })], true],
    ['about another vulnerability', [decision({ advisories: ['CVE-2021-23338'] })], false],
    ['fixed', [decision({ state: 'fixed' })], true],
    ['under investigation', [decision({ state: 'under_investigation' })], false],
    ['affected', [decision({ state: 'affected' })], false],
    ['accepted until later', accepted(at(1)), true],
    ['accepted until a moment ago', accepted(at(-0.001)), false],
    ['accepted until now', accepted(at(0)), false],
    ['accepted without an end, in the time the policy gives', accepted(undefined), true],
    ['accepted for longer than the policy gives', accepted(at(9000), at(-91 * 24)), false],
    ['with an end that is none', [decision({ expires: 'never' })], false],
    ['that was revoked', [decision({ revoked: { by: 'bob', reason: 'wrong', at: at(-1) } })], false],
    ['about another component', scoped({ component: 'pkg:npm/lodash-es' }), false],
    ['about the same name elsewhere', scoped({ component: 'pkg:pypi/lodash' }), false],
    ['about this version', scoped({ component: 'pkg:npm/lodash@4.17.20' }), true],
    ['about another version', scoped({ component: 'pkg:npm/lodash@4.17.2' }), false],
    ['about a range', scoped({ component: 'pkg:npm/lodash@>=4.0.0,<4.17.21' }), true],
    ['about a range that ends before', scoped({ component: 'pkg:npm/lodash@<4.17.20' }), false],
    ['about a range nobody can compare', scoped({ component: 'pkg:npm/lodash@<next' }), false],
    ['about a range that can not be read', scoped({ component: 'pkg:npm/lodash@<' }), false],
    ['about a name', scoped({ component: 'lodash' }), true],
    ['about a part of a name', scoped({ component: 'lod' }), false],
    ['for this artifact', scoped({ artifact: DIGEST }), true],
    ['for another artifact', scoped({ artifact: OTHER }), false],
    ['for its repository', scoped({ artifact: 'shop/*' }), true],
    ['for another repository', scoped({ artifact: 'shop/web/*' }), false],
    ['for this environment', scoped({ component: 'lodash', environment: 'prod' }), true],
    ['for another environment', scoped({ component: 'lodash', environment: 'dev' }), false],
    ['in a document about the component', product(['pkg:npm/lodash']), true],
    ['in a document about the artifact', product([`pkg:oci/web@${encodeURIComponent(DIGEST)}`]), true],
    ['in a document about the component in it', product([DIGEST], ['pkg:npm/lodash@4.17.20']), true],
    ['in a document about another component in it', product([DIGEST], ['pkg:npm/minimist']), false],
    ['in a document about another artifact', product([`pkg:oci/web@${encodeURIComponent(OTHER)}`]), false],
    ['in a document about it in another artifact', product([OTHER], ['pkg:npm/lodash']), false],
    ['in a document about a product that is called like the repository', product(['shop/web']), false],
    ['in a document about nothing', scoped({ products: [] }), false],
  ])('%s', (_, decisions, hides) => {
    expect(isSuppressed(decide(decisions))).toBe(hides);
  });

  test('for one environment does not hold where none is asked about', () => {
    expect(isSuppressed(decide(scoped({ component: 'lodash', environment: 'prod' }), { environment: undefined }))).toBe(
      false,
    );
  });

  test.each<[string, readonly string[] | 'unknown' | undefined, boolean]>([
    ['of who committed it', ['ann'], false],
    ['of somebody else', ['bob'], true],
    ['where nobody knows who committed it', 'unknown', false],
    ['where the policy does not ask', undefined, true],
  ])('%s', (_, committers, hides) => {
    expect(isSuppressed(decide([decision()], committers === undefined ? {} : { committers }))).toBe(hides);
  });

  test('says whose it is, and until when', () => {
    expect(decide(accepted(at(1)))).toMatchObject({
      ignored: { reason: 'not reached', expires: at(1) },
      decision: { id: 'd1', by: 'ann', owner: 'shop', until: at(1) },
    });
    expect(decide([decision({ justification: 'component_not_present' })]).vex).toEqual({
      ...{ status: 'not_affected', justification: 'component_not_present', statement: 'not reached', author: 'ann' },
      ...{ at: at(-2), source: 'decision d1' },
    });
  });
});

describe('of several', () => {
  const document = (more: Partial<FindingDecision> = {}, stated?: string) =>
    decision({
      ...{ id: 'd2', document: { digest: OTHER, ...(stated === undefined ? {} : { at: stated }) } },
      ...{ scope: { products: [{ names: ['pkg:npm/lodash'], subcomponents: [] }] } },
      ...more,
    });
  test.each<[what: string, decisions: readonly FindingDecision[], holds: string]>([
    ['the newer', [decision(), decision({ id: 'd3', state: 'affected', madeAt: at(-1) })], 'd3'],
    ['the newer, whatever their order', [decision({ id: 'd3', madeAt: at(-1) }), decision()], 'd3'],
    ["a person's before a newer document", [decision({ state: 'affected' }), document({ madeAt: at(-1) })], 'd1'],
    ["a person's newer before a document", [document(), decision({ state: 'affected', madeAt: at(-1) })], 'd1'],
    [
      'the document that was stated later, though it was brought first',
      [document({ madeAt: at(-2) }, at(-3)), document({ id: 'd4', madeAt: at(-1) }, at(-5))],
      'd2',
    ],
    [
      'no document by a time to come',
      [document({ madeAt: at(-2) }, at(10_000)), document({ id: 'd4', madeAt: at(-1) }, at(-1))],
      'd4',
    ],
    [
      'the older, once the newer is over',
      [decision(), decision({ id: 'd3', state: 'affected', madeAt: at(-1), expires: at(-0.5) })],
      'd1',
    ],
    [
      'the older, once the newer is revoked',
      [decision(), decision({ id: 'd3', madeAt: at(-1), revoked: { by: 'b', reason: 'r', at: at(-0.5) } })],
      'd1',
    ],
  ])('%s', (_, decisions, holds) => {
    expect(decide(decisions).decision?.id).toBe(holds);
    expect(decide([...decisions].reverse()).decision?.id).toBe(holds);
  });
});

test('of two of one moment, as one document makes them, what hides nothing holds, whatever their names', () => {
  const both = (hides: string, tells: string) =>
    decide([
      decision({ id: hides, document: { digest: DIGEST, author: 'Vendor', at: at(-3) } }),
      decision({ id: tells, state: 'affected', document: { digest: DIGEST, author: 'Vendor', at: at(-3) } }),
    ]);
  for (const found of [both('a', 'b'), both('b', 'a')]) expect(found.vex?.status).toBe('affected');
});

test('whatever they say, none is held against findings of other vulnerabilities, and order does not matter', () => {
  const anyDecision = fc.record({
    id: fc.uuid(),
    advisories: fc.constantFrom(['CVE-2021-23337'], ['CVE-1'], ['CVE-1', 'GHSA-35jh-r3h4-6jhm']),
    state: fc.constantFrom(...decisionStates),
    madeAt: fc.integer({ min: -100, max: -1 }).map(at),
    expires: fc.option(fc.integer({ min: -50, max: 50 }).map(at), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(anyDecision, { selector: ({ id }) => id, maxLength: 6 }), (given) => {
      const decisions = given.map(({ expires, ...more }) =>
        decision({ ...more, ...(expires === undefined ? {} : { expires }) }),
      );
      const result = decide(decisions);
      expect(decide([...decisions].reverse())).toEqual(result);
      const about = decisions.filter(({ advisories }) => advisories.some((name) => name !== 'CVE-1'));
      expect(decide(about)).toEqual(result);
      if (isSuppressed(result)) expect(about.map(({ id }) => id)).toContain(result.decision?.id);
    }),
  );
});
