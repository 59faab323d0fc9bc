import { expect, test } from 'vitest';
import { findingIncidents, type RunningFinding } from '../../../../domain/policy/finding-incidents.ts';
import type { Policy } from '../../../../domain/policy/policy.ts';

type Rules = Policy['document']['findingIncidents'];
const finding = (more: Partial<RunningFinding>): RunningFinding => ({
  ...{ purl: 'pkg:npm/a@1', advisory: 'GHSA-1', severity: 'high', environments: ['dev', 'prod'] },
  ...more,
});

test.each<[what: string, rules: Rules, finding: RunningFinding, opens: boolean]>([
  ['no rule', [], finding({ advisory: 'MAL-1', severity: 'critical' }), false],
  ['malicious', [{ on: 'malicious-package' }], finding({ advisory: 'MAL-1' }), true],
  ['not malicious', [{ on: 'malicious-package' }], finding({ severity: 'critical' }), false],
  ['as bad as the rule', [{ on: 'severity', atLeast: 'high' }], finding({}), true],
  ['worse', [{ on: 'severity', atLeast: 'high' }], finding({ severity: 'critical' }), true],
  ['less bad', [{ on: 'severity', atLeast: 'critical' }], finding({}), false],
  ['unknown severity', [{ on: 'severity', atLeast: 'low' }], finding({ severity: 'unknown' }), false],
  ['nobody can tell', [{ on: 'severity', atLeast: 'low' }], finding({ severity: 'undecided' }), false],
  ['there', [{ on: 'severity', atLeast: 'high', environments: ['prod'] }], finding({}), true],
  ['elsewhere', [{ on: 'severity', atLeast: 'high', environments: ['staging'] }], finding({}), false],
  ['second rule', [{ on: 'malicious-package' }, { on: 'severity', atLeast: 'high' }], finding({}), true],
])('%s', (_, rules, found, opens) => {
  const policy = { document: { findingIncidents: rules } } as unknown as Policy;
  expect(findingIncidents(policy, [found])).toEqual(opens ? [found] : []);
});
