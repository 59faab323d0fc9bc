import { expect, test } from 'vitest';
import type { WeighedRule } from '../../../../domain/policy/approval-rule.ts';
import {
  type ApprovalQuestion,
  type ApprovalResult,
  evaluateApprovals,
} from '../../../../domain/policy/evaluate-approvals.ts';
import type { Approval } from '../../../../domain/policy/gate.ts';
import { ago, digestOf, now } from './judged-artifact.ts';

const decisionDigest = digestOf('decision');
const day = 86_400;
const rule: WeighedRule = {
  proof: 'optional',
  required: 2,
  groups: ['release'],
  notCommitter: true,
  expiresAfter: 7 * day,
  remindAfter: 3600,
};
const question: ApprovalQuestion = {
  decisionDigest,
  approvals: [],
  committers: ['carol'],
  builders: ['bob'],
  requestedAt: ago(day),
  now,
};
const by = (principal: string, part: Partial<Approval> = {}): Approval => ({
  principal,
  groups: ['release'],
  verb: 'approve',
  reason: 'looked at it',
  decisionDigest,
  at: ago(60),
  ...part,
});
const [ann, dan] = [by('ann'), by('dan')];
const proof = { kind: 'ssh', digest: digestOf('proof'), by: 'SHA256:x' } as const;
const proven = by('dan', { proof });

type Row = [
  what: string,
  part: Partial<ApprovalQuestion> & { readonly rule?: Partial<WeighedRule> },
  approvals: Approval[],
  state: ApprovalResult['state'],
  reason: RegExp,
];

test.each<Row>([
  ['nobody', {}, [], 'waiting', /waits for 2 more approvals from release \(0 of 2 given\)/],
  ['one of two', {}, [ann], 'waiting', /waits for 1 more approval from release \(1 of 2/],
  ['two', {}, [ann, dan], 'satisfied', /approved by ann, dan/],
  [
    'one before it was rejected, and asked for again',
    { rule: { required: 1 }, requestedAt: ago(3600), anewSince: ago(3600) },
    [by('dan', { at: ago(7200) }), by('eve', { verb: 'reject', at: ago(7000) })],
    'waiting',
    /0 of 1/,
  ],
  [
    'one before that by a clock that is behind, whenever it came',
    { rule: { required: 1 }, requestedAt: ago(120), anewSince: ago(120) },
    [by('dan', { proof: { ...proof, at: ago(180) } }), by('eve', { verb: 'reject', at: ago(7000) })],
    'waiting',
    /0 of 1/,
  ],
  [
    'one after that by a clock that is behind',
    { rule: { required: 1 }, requestedAt: ago(300), anewSince: ago(300) },
    [by('dan', { proof: { ...proof, at: ago(180) } }), by('eve', { verb: 'reject', at: ago(7000) })],
    'satisfied',
    /approved by dan/,
  ],
  [
    'one before it was rejected, whose rejection is gone',
    { requestedAt: ago(60), anewSince: ago(3600) },
    [by('dan', { at: ago(7200) }), by('eve')],
    'waiting',
    /1 of 2/,
  ],
  [
    'one since it was asked for again, and asked for once more',
    { rule: { required: 1 }, requestedAt: ago(60), anewSince: ago(3600) },
    [by('dan', { at: ago(1800) })],
    'satisfied',
    /approved by dan/,
  ],
  [
    'a rejection, whose clock takes nothing back',
    { rule: { required: 1 }, requestedAt: ago(120) },
    [by('eve', { verb: 'reject', proof: { ...proof, at: ago(180) } }), dan],
    'rejected',
    /rejected by eve/,
  ],
  ['one twice', {}, [ann, by('ann', { at: ago(30) })], 'waiting', /1 of 2/],
  ['the committer', {}, [ann, by('carol')], 'waiting', /1 of 2/],
  [
    'the committer, where the rule allows it',
    { rule: { notCommitter: false } },
    [ann, by('carol')],
    'satisfied',
    /ann, carol/,
  ],
  ['who built it', {}, [ann, by('bob')], 'waiting', /1 of 2/],
  ['who asked for it', { requestedBy: 'dan' }, [ann, dan], 'waiting', /1 of 2/],
  ['another decision', {}, [ann, by('dan', { decisionDigest: digestOf('before') })], 'waiting', /1 of 2/],
  ['another group', {}, [ann, by('dan', { groups: ['shop'] })], 'waiting', /1 of 2/],
  [
    'any group, where the rule names none',
    { rule: { groups: [] } },
    [ann, by('dan', { groups: [] })],
    'satisfied',
    /ann, dan/,
  ],
  [
    'an unknown committer',
    { committers: undefined },
    [ann, dan],
    'waiting',
    /cannot count: the committer of the source is not known.*notCommitter: false/,
  ],
  [
    'an unknown committer, where it does not matter',
    { committers: undefined, rule: { notCommitter: false } },
    [ann, dan],
    'satisfied',
    /ann, dan/,
  ],
  [
    'a rejection among approvals',
    {},
    [ann, by('eve', { verb: 'reject', reason: 'not now' }), dan],
    'rejected',
    /rejected by eve: not now/,
  ],
  ['the committer takes it back', {}, [ann, dan, by('carol', { verb: 'reject' })], 'rejected', /carol/],
  [
    'a rejection of another decision',
    {},
    [ann, by('eve', { verb: 'reject', decisionDigest: digestOf('before') }), dan],
    'satisfied',
    /ann, dan/,
  ],
  ['a rejection by an outsider', {}, [ann, by('eve', { verb: 'reject', groups: [] }), dan], 'satisfied', /ann, dan/],
  ['too late', { requestedAt: ago(8 * day) }, [ann, dan], 'expired', /expired with 0 of 2/],
  [
    'in time, looked at later',
    { requestedAt: ago(8 * day) },
    [by('ann', { at: ago(2 * day) }), by('dan', { at: ago(2 * day) })],
    'satisfied',
    /ann, dan/,
  ],
  [
    'one in time, one late',
    { requestedAt: ago(8 * day) },
    [by('ann', { at: ago(2 * day) }), dan],
    'expired',
    /expired with 1 of 2/,
  ],
  ['given too long ago', { requestedAt: ago(day) }, [ann, by('dan', { at: ago(8 * day) })], 'waiting', /1 of 2/],
  ['one without proof, where it is required', { rule: { proof: 'required' } }, [ann, proven], 'waiting', /1 of 2/],
  [
    'two with proof, where it is required',
    { rule: { proof: 'required' } },
    [proven, by('ann', { proof })],
    'satisfied',
    /dan, ann/,
  ],
  [
    'a rejection without proof, where it is required',
    { rule: { proof: 'required' } },
    [by('eve', { verb: 'reject' })],
    'rejected',
    /eve/,
  ],
  ['at no time', {}, [ann, by('dan', { at: 'yesterday' })], 'waiting', /1 of 2/],
  ['nobody was asked until now', { requestedAt: ago(30 * day), askedAt: now }, [ann, dan], 'satisfied', /ann, dan/],
  ['nobody was asked until a day ago', { requestedAt: ago(30 * day), askedAt: ago(day) }, [], 'waiting', /0 of 2/],
  ['asked and not answered', { requestedAt: ago(30 * day), askedAt: ago(7 * day) }, [], 'expired', /ask again/],
  ['at the deadline', { requestedAt: ago(7 * day) }, [], 'expired', /ask again/],
])('%s', (_what, part, approvals, state, reason) => {
  const { rule: changes = {}, ...rest } = part;
  const result = evaluateApprovals({ ...rule, ...changes }, { ...question, ...rest, approvals });
  expect(result).toMatchObject({ state, reason: expect.stringMatching(reason) });
  const verdicts = { satisfied: 'pass', waiting: 'unknown', rejected: 'fail', expired: 'fail' } as const;
  expect(result.gate).toMatchObject({
    gate: 'approvals',
    verdict: verdicts[state],
    reason: expect.stringMatching(reason),
  });
});

test('says who counted, and why others did not', () => {
  const { counted, refused, gate } = evaluateApprovals(rule, { ...question, approvals: [ann, by('carol'), by('ann')] });
  expect(counted).toEqual(['ann']);
  expect(refused).toEqual([
    { principal: 'carol', why: 'committed the source: somebody else must approve' },
    { principal: 'ann', why: 'has approved already: one person counts once' },
  ]);
  expect(gate.details).toEqual(refused.map(({ principal, why }) => `${principal}: ${why}`));
});

test('says why one does not count as what the name is the subject of, also where the committer is not known', () => {
  const { refused } = evaluateApprovals(rule, { ...question, approvals: [ann], committers: undefined });
  expect(refused.map(({ principal, why }) => `${principal} ${why}`)).toEqual([
    expect.stringMatching(/^ann can not be told apart from the committer of the source, who is not known: bring/),
  ]);
});
