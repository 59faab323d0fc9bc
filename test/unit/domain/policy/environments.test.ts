import { expect, test } from 'vitest';
import {
  environmentRepository,
  firstEnvironments,
  isEnvironmentRepository,
  isIntakeRepository,
  laterEnvironments,
  nextEnvironments,
  ownerOf,
  quarantineRepositoryOf,
  rebuildRepositoryOf,
  sourceOf,
} from '../../../../domain/policy/environments.ts';
import { parsePolicy } from '../../../../domain/policy/parse-policy.ts';
import { hashes, signersAndBuilders } from './judged-artifact.ts';

const policy = parsePolicy(
  `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: {repositories: ['shop/**', 'tools/*']}
environments:
  - {name: dev, repository: 'dev/{repository}', gates: [{gate: digest}]}
  - {name: lab, repository: 'lab/{repository}/live', gates: [{gate: digest}]}
  - {name: staging, repository: 'staging/{repository}', after: [dev], gates: [{gate: digest}]}
  - {name: prod, repository: 'prod/{repository}', after: [staging, lab], gates: [{gate: digest}]}
owners: [{repository: 'shop/pay/*', team: pay}, {repository: 'shop/**', team: shop}]
sources: [{repository: 'shop/web', git: 'https://git.example/shop/web', builder: ci}]
${signersAndBuilders}`,
  'policy.yaml',
  hashes,
);

test('the order of environments', () => {
  expect(firstEnvironments(policy).map(({ name }) => name)).toEqual(['dev', 'lab']);
  expect(nextEnvironments(policy, 'dev').map(({ name }) => name)).toEqual(['staging']);
  expect(nextEnvironments(policy, 'lab').map(({ name }) => name)).toEqual(['prod']);
  expect(nextEnvironments(policy, 'prod')).toEqual([]);
  expect(laterEnvironments(policy, 'dev')).toEqual(['staging', 'prod']);
  expect(laterEnvironments(policy, 'prod')).toEqual([]);
});

test('where a repository lives', () => {
  expect(environmentRepository(policy, 'prod', 'shop/web')).toBe('prod/shop/web');
  expect(environmentRepository(policy, 'lab', 'shop/web')).toBe('lab/shop/web/live');
  // A `$&` in a name must not be a replacement pattern.
  expect(environmentRepository(policy, 'dev', '$&')).toBe('dev/$&');
  expect(quarantineRepositoryOf(policy, 'shop/web')).toBe('quarantine/shop/web');
  expect(rebuildRepositoryOf(policy, 'shop/web')).toBe('rebuild/shop/web');
  expect(() => environmentRepository(policy, 'prd', 'shop/web')).toThrow(
    /no environment "prd".*dev, lab, staging, prod/,
  );
});

test.each([
  ['dev/shop/web', { environment: 'dev', repository: 'shop/web' }],
  ['lab/shop/web/live', { environment: 'lab', repository: 'shop/web' }],
  ['lab/live', undefined],
  ['lab//live', undefined],
  ['dev/', undefined],
  ['shop/web', undefined],
  ['quarantine/shop/web', undefined],
])('%s belongs to %o', (name, expected) => {
  expect(isEnvironmentRepository(policy, name)).toEqual(expected);
});

test.each([
  ['shop/web', true],
  ['shop/pay/api', true],
  ['tools/lint', true],
  ['tools/lint/deep', false],
  ['other/web', false],
  ['dev/shop/web', false],
  ['quarantine/shop/web', false],
])('a push to %s is taken in: %s', (name, expected) => {
  expect(isIntakeRepository(policy, name)).toBe(expected);
});

test('a pattern for everything does not take in what Pratique writes', () => {
  const everything = {
    ...policy,
    document: { ...policy.document, intake: { repositories: ['**'], provenanceGrace: 0 } },
  };
  expect(isIntakeRepository(everything, 'other/web')).toBe(true);
  for (const name of ['prod/shop/web', 'quarantine/shop/web', 'rebuild/shop/web'])
    expect(isIntakeRepository(everything, name)).toBe(false);
});

test('owners and sources: the first that matches, also from an environment', () => {
  expect(ownerOf(policy, 'shop/pay/api')).toBe('pay');
  expect(ownerOf(policy, 'prod/shop/web')).toBe('shop');
  expect(ownerOf(policy, 'other')).toBeUndefined();
  expect(sourceOf(policy, 'shop/web')?.builder).toBe('ci');
  expect(sourceOf(policy, 'shop/api')).toBeUndefined();
});
