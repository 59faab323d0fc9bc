import { expect, test } from 'vitest';
import { grantRegistryActions, type RegistryIdentity } from '../../../../domain/identity/registry-access.ts';
import { parseRegistryScope } from '../../../../domain/identity/registry-scope.ts';
import { parsePolicy } from '../../../../domain/policy/parse-policy.ts';
import { hashes, signersAndBuilders } from '../policy/judged-artifact.ts';

const policy = parsePolicy(
  `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: {repositories: ['shop/**']}
environments:
  - {name: dev, repository: 'dev/{repository}', gates: [{gate: digest}]}
  - {name: lab, repository: 'lab/{repository}/live', gates: [{gate: digest}]}
${signersAndBuilders}`,
  'policy.yaml',
  hashes,
);

const person = (role: 'viewer' | 'responder' | 'operator' | 'admin', ...repositories: string[]): RegistryIdentity => ({
  kind: 'token',
  role,
  repositories,
  builders: [],
});
const machine = (...repositories: string[]): RegistryIdentity => ({
  kind: 'token',
  role: 'admin',
  repositories,
  builders: ['https://ci.test/*'],
});
const service = (name: 'read' | 'promote' | 'evidence' | 'quarantine' | 'adopt' | 'rebuild'): RegistryIdentity => ({
  kind: 'service',
  service: name,
});
const ALL = 'pull,push,delete';

test.each<[string, RegistryIdentity, string, string]>([
  ['a person reads intake', person('viewer'), `repository:shop/web:${ALL}`, 'pull'],
  ['an environment', person('viewer'), `repository:dev/shop/web:${ALL}`, 'pull'],
  ['an environment that is a suffix too', person('admin', '**'), `repository:lab/shop/web/live:${ALL}`, 'pull'],
  ['quarantine not', person('viewer'), `repository:quarantine/shop/web:${ALL}`, ''],
  ['quarantine, who investigates', person('responder'), `repository:quarantine/shop/web:${ALL}`, 'pull'],
  ['and pushes what it speaks for', person('viewer', 'shop/*'), `repository:shop/web:${ALL}`, 'pull,push'],
  ['and not what it does not', person('viewer', 'shop/*'), `repository:shop/team/web:${ALL}`, 'pull'],
  ['nor what the policy does not take in', person('viewer', '**'), `repository:other/web:${ALL}`, 'pull'],
  ['nor rebuilds', person('viewer', '**'), `repository:rebuild/shop/web:${ALL}`, 'pull'],
  ['a machine pushes its own', machine('shop/web'), `repository:shop/web:${ALL}`, 'pull,push'],
  ['and reads nothing else', machine('shop/web'), `repository:shop/api:${ALL}`, ''],
  ['nor an environment it claims', machine('**'), `repository:dev/shop/web:${ALL}`, ''],
  ['promote in an environment', service('promote'), `repository:dev/shop/web:${ALL}`, ALL],
  ['promote in intake', service('promote'), `repository:shop/web:${ALL}`, 'pull'],
  ['quarantine in an environment', service('quarantine'), `repository:dev/shop/web:${ALL}`, 'pull,delete'],
  ['quarantine in quarantine', service('quarantine'), `repository:quarantine/shop/web:${ALL}`, 'pull,push'],
  ['evidence in an environment', service('evidence'), `repository:dev/shop/web:${ALL}`, 'pull,push'],
  ['rebuild in an environment', service('rebuild'), `repository:dev/shop/web:${ALL}`, 'pull'],
  ['the list, to reconcile', service('read'), 'registry:catalog:*', '*'],
  ['the list, to write', service('promote'), 'registry:catalog:*', ''],
  ['the list, an operator', person('operator'), 'registry:catalog:*', '*'],
  ['the list, a viewer', person('viewer'), 'registry:catalog:*', ''],
  ['the list, a machine', machine('**'), 'registry:catalog:*', ''],
  ['a wildcard of actions', person('admin', '**'), 'repository:shop/web:*', ''],
  ['something else of the registry', service('read'), 'registry:gc:*', ''],
  ['another type', person('admin', '**'), 'plugin:shop/web:pull', ''],
])('%s', (_, identity, asked, granted) => {
  const scope = parseRegistryScope(asked);
  if (scope === undefined) throw new Error(`${asked} is no scope`);
  expect(grantRegistryActions(identity, scope, policy).join(',')).toBe(granted);
});

test.each<[string, Parameters<typeof service>[0], string, string]>([
  ['is taken back by who copies', 'promote', `repository:old/shop/web:${ALL}`, ALL],
  ['also where intake is by now', 'promote', `repository:shop/web:${ALL}`, ALL],
  ['is taken out by a quarantine', 'quarantine', `repository:old/shop/web:${ALL}`, 'pull,delete'],
  ['also where copies are kept by now', 'quarantine', `repository:quarantine/shop/web:${ALL}`, ALL],
  ['is signed by nobody', 'evidence', `repository:old/shop/web:${ALL}`, 'pull'],
  ['is read', 'read', `repository:old/shop/web:${ALL}`, 'pull'],
])('what lies where an environment was %s', (_, name, asked, granted) => {
  const scope = parseRegistryScope(asked);
  if (scope === undefined) throw new Error(`${asked} is no scope`);
  expect(grantRegistryActions(service(name), scope, policy, true).join(',')).toBe(granted);
});

test.each([
  ['repository:shop/web:pull', { type: 'repository', name: 'shop/web', actions: ['pull'] }],
  ['repository(plugin):shop/web:pull', { type: 'repository', name: 'shop/web', actions: ['pull'] }],
  [
    'repository:host:5000/shop/web:push,pull',
    { type: 'repository', name: 'host:5000/shop/web', actions: ['pull', 'push'] },
  ],
  ['repository:shop/web:fly', { type: 'repository', name: 'shop/web', actions: [] }],
  ['repository:shop/web', undefined],
  ['repository::pull', undefined],
  ['repository:a b:pull', undefined],
  ['Repository:a:pull', undefined],
  [`repository:${'a'.repeat(600)}:pull`, undefined],
])('scope %s', (text, scope) => {
  expect(parseRegistryScope(text)).toEqual(scope);
});
