import { expect, test } from 'vitest';
import { findingIncidents, type RunningFinding } from '../../../../domain/policy/finding-incidents.ts';
import type { Policy } from '../../../../domain/policy/policy.ts';

type Rules = Policy['document']['findingIncidents'];
const finding = (more: Partial<RunningFinding>): RunningFinding => ({
  ...{ purl: 'pkg:npm/a@1', advisory: 'GHSA-1', severity: 'high', environments: ['dev', 'prod'] },
  ...{ isNew: true, isExploited: false, isMalicious: false },
  ...more,
});

test.each<[what: string, rules: Rules, finding: RunningFinding, opens: boolean]>([
  ['no rule', [], finding({ isMalicious: true, severity: 'critical' }), false],
  ['malicious', [{ on: 'malicious-package' }], finding({ isMalicious: true }), true],
  ['not malicious', [{ on: 'malicious-package' }], finding({ severity: 'critical' }), false],
  ['as bad as the rule', [{ on: 'severity', atLeast: 'high' }], finding({}), true],
  ['worse', [{ on: 'severity', atLeast: 'high' }], finding({ severity: 'critical' }), true],
  ['less bad', [{ on: 'severity', atLeast: 'critical' }], finding({}), false],
  ['unknown severity', [{ on: 'severity', atLeast: 'low' }], finding({ severity: 'unknown' }), false],
  ['nobody can tell', [{ on: 'severity', atLeast: 'low' }], finding({ severity: 'undecided' }), false],
  ['there', [{ on: 'severity', atLeast: 'high', environments: ['prod'] }], finding({}), true],
  ['elsewhere', [{ on: 'severity', atLeast: 'high', environments: ['staging'] }], finding({}), false],
  ['exploited', [{ on: 'known-exploited' }], finding({ isExploited: true }), true],
  ['exploited, and there before', [{ on: 'known-exploited' }], finding({ isNew: false, isExploited: true }), true],
  ['not exploited', [{ on: 'known-exploited' }], finding({ severity: 'critical' }), false],
  ['bad, and there before', [{ on: 'severity', atLeast: 'low' }], finding({ isNew: false, isExploited: true }), false],
  ['malicious, and there before', [{ on: 'malicious-package' }], finding({ isMalicious: true, isNew: false }), false],
  ['counts nowhere', [{ on: 'severity', atLeast: 'low' }], finding({ environments: [] }), false],
  ['second rule', [{ on: 'malicious-package' }, { on: 'severity', atLeast: 'high' }], finding({}), true],
])('%s', (_, rules, found, opens) => {
  const policy = { document: { findingIncidents: rules } } as unknown as Policy;
  expect(findingIncidents(policy, [found])).toEqual(opens ? [found] : []);
});
