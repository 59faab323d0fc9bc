import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseDigest } from '../../../../domain/artifact/digest.ts';
import { placeReference } from '../../../../domain/import/place-reference.ts';
import { parsePolicy } from '../../../../domain/policy/parse-policy.ts';

const text = `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: { repositories: ['shop/**'] }
environments:
  - { name: staging, repository: 'staging/{repository}', gates: [{ gate: digest }] }
  - { name: prod, repository: 'prod/{repository}', after: [staging], gates: [{ gate: digest }] }
`;
const sha256 = (content: Uint8Array) => parseDigest(`sha256:${createHash('sha256').update(content).digest('hex')}`);
const policy = parsePolicy(text, 'policy.yaml', { sha256, keyIdOf: () => 'none' });
const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const from = (kind: 'registry' | 'cluster' | 'git') => ({ host: 'registry.example.com', kind });

describe('a reference is placed', () => {
  test.each([
    ['in the repository of its environment', 'prod/shop/web:1.0', 'prod/shop/web', 'shop/web', '1.0', undefined],
    [
      'by digest, whatever tag stands beside it',
      `prod/shop/web:1.0@${digest}`,
      'prod/shop/web',
      'shop/web',
      '1.0',
      digest,
    ],
    ['where pushes go, if it runs from there', `shop/web@${digest}`, 'shop/web', 'shop/web', undefined, digest],
    ['without a tag as clients read it', 'shop/web', 'shop/web', 'shop/web', 'latest', undefined],
  ])('%s', (_, reference, destination, repository, tag, wanted) => {
    expect(placeReference(policy, 'prod', from('cluster'), `registry.example.com/${reference}`)).toEqual({
      ...{ outcome: 'placed', destination, repository, tag, digest: wanted },
    });
  });
});

test('a registry of this machine is ours by any of its names', () => {
  const local = { host: '127.0.0.1:5000', kind: 'cluster' as const };
  expect(placeReference(policy, 'prod', local, 'localhost:5000/prod/shop/web:1.0')).toMatchObject({
    outcome: 'placed',
  });
  expect(placeReference(policy, 'prod', local, 'localhost:5001/prod/shop/web:1.0').outcome).toBe('unresolved');
});

describe('a reference is not guessed', () => {
  test.each([
    ['another registry', 'docker.io/library/nginx:1', 'cluster', /its registry is docker.io/],
    ['a host that only begins like ours', 'registry.example.com.evil.test/shop/web:1', 'cluster', /its registry is/],
    ['another environment', 'registry.example.com/staging/shop/web:1', 'cluster', /of staging, not of prod/],
    ['what intake does not take', 'registry.example.com/other/web:1', 'git', /takes nothing from other\/web/],
    [
      'an environment’s copy of what intake does not take',
      'registry.example.com/prod/other/web:1',
      'git',
      /takes nothing/,
    ],
    ['a quarantined copy', 'registry.example.com/quarantine/shop/web:1', 'cluster', /quarantine repository/],
    ['a rebuild', 'registry.example.com/rebuild/shop/web:1', 'cluster', /rebuild repository/],
    [
      'of a registry, what lies where pushes go',
      'registry.example.com/shop/web:1',
      'registry',
      /no repository of prod/,
    ],
    ['no reference', 'registry.example.com/Shop/Web:1', 'git', /no image reference/],
    ['a digest of another length', 'registry.example.com/shop/web@sha256:abc', 'git', /no image reference/],
  ] as const)('%s', (_, reference, kind, reason) => {
    expect(placeReference(policy, 'prod', from(kind), reference)).toEqual({
      ...{ outcome: 'unresolved', reason: expect.stringMatching(reason) },
    });
  });
});
