import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { readKubernetes } from '../../../../domain/import/read-kubernetes.ts';
import { ReferenceList } from '../../../../domain/import/reference-list.ts';

const digest = `sha256:${'b'.repeat(64)}`;
const running = `registry.example.com/prod/web@${digest}`;

function read(...objects: unknown[]) {
  const found = new ReferenceList();
  for (const object of objects) readKubernetes(object, '', found);
  return found;
}

const template = (image: string) => ({ template: { spec: { containers: [{ name: 'app', image }] } } });
const pod = (statuses: object, more: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', namespace: 'shop', ...more } },
  spec: { containers: [{ name: 'app', image: 'registry.example.com/prod/web:1' }] },
  status: statuses,
});

describe('what runs counts by what its node says', () => {
  test.each([
    ['CRI', running, running],
    ['Docker’s runtime', `docker-pullable://${running}`, running],
  ])('of %s', (_, imageID, reference) => {
    const { references, problems } = read(pod({ containerStatuses: [{ name: 'app', imageID }] }));
    expect(references).toEqual([{ reference, place: 'shop/Pod/web-1: container app' }]);
    expect(problems).toEqual([]);
  });

  test.each([
    ['only the configuration is named', `docker://${digest}`],
    ['a bare digest', digest],
    ['a tag', 'registry.example.com/prod/web:1'],
  ])('%s: told, and not guessed by its tag', (_, imageID) => {
    const { references, problems } = read(pod({ containerStatuses: [{ name: 'app', imageID }] }));
    expect(references).toEqual([]);
    expect(problems).toEqual([
      { place: 'shop/Pod/web-1: container app', reason: expect.stringMatching(/does not say which manifest/) },
    ]);
  });

  it('before it runs, what it asks for', () => {
    const { references } = read(pod({ containerStatuses: [{ name: 'app', imageID: '' }] }));
    expect(references.map(({ reference }) => reference)).toEqual(['registry.example.com/prod/web:1']);
  });

  it('a pod is named by who made it, and ten of them are one', () => {
    const statuses = { containerStatuses: [{ name: 'app', imageID: running }] };
    const owned = (name: string) => pod(statuses, { name, ownerReferences: [{ kind: 'ReplicaSet', name: 'web-5d9' }] });
    const { references } = read({ kind: 'List', apiVersion: 'v1', items: ['a', 'b', 'c'].map(owned) });
    expect(references).toEqual([{ reference: running, place: 'shop/ReplicaSet/web-5d9: container app' }]);
  });

  it('init and ephemeral containers run too', () => {
    const container = (name: string) => [{ name, image: `registry.example.com/prod/${name}:1` }];
    const status = (name: string) => [{ name, imageID: `registry.example.com/prod/${name}@${digest}` }];
    const { references } = read({
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } },
      spec: {
        containers: container('app'),
        initContainers: container('init'),
        ephemeralContainers: container('debug'),
      },
      status: {
        containerStatuses: status('app'),
        initContainerStatuses: status('init'),
        ephemeralContainerStatuses: status('debug'),
      },
    });
    expect(references.map(({ reference }) => reference)).toEqual(
      ['app', 'init', 'debug'].map((name) => `registry.example.com/prod/${name}@${digest}`),
    );
  });

  it('a status that an object which is no pod carries is not a node’s word', () => {
    const { references } = read({
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: template('shop/web:1') },
      status: { containerStatuses: [{ name: 'app', imageID: running }] },
    });
    expect(references.map(({ reference }) => reference)).toEqual(['docker.io/shop/web:1']);
  });
});

test.each([
  ['Deployment', 'apps/v1', template('shop/web:1')],
  ['CronJob', 'batch/v1', { jobTemplate: { spec: template('shop/web:1') } }],
  ['Rollout', 'argoproj.io/v1alpha1', template('shop/web:1')],
  ['Pod', 'v1', { containers: [{ name: 'app', image: 'shop/web:1' }] }],
])('a %s asks for what its template names', (kind, apiVersion, spec) => {
  const { references } = read({ apiVersion, kind, metadata: { name: 'web', namespace: 'n' }, spec });
  expect(references).toEqual([{ reference: 'docker.io/shop/web:1', place: `n/${kind}/web: container app` }]);
});

it('an image that is mounted runs as well', () => {
  const spec = {
    containers: [{ name: 'app', image: 'a.test/b:1' }],
    volumes: [{ name: 'model', image: { reference: 'a.test/m:1' } }],
  };
  const { references } = read({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
  expect(references[1]).toEqual({ reference: 'a.test/m:1', place: 'Pod/p: volume model' });
});

it('deep objects are told, and overflow nothing', () => {
  let spec: unknown = { containers: [{ name: 'app', image: 'a.test/b:1' }] };
  for (let depth = 0; depth < 10_000; depth += 1) spec = { template: spec };
  const { references, problems } = read({ apiVersion: 'v1', kind: 'X', metadata: { name: 'deep' }, spec });
  expect(references).toEqual([]);
  expect(problems).toEqual([{ place: 'X/deep', reason: expect.stringMatching(/nested more than/) }]);
});

it('whatever an object holds, every image of a container is found or told of', () => {
  const images = fc.array(fc.stringMatching(/^\/[a-z0-9]{1,8}$/), { maxLength: 4 });
  const anything = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(images, anything, anything, (names, metadata, status) => {
      const containers = names.map((image, at) => ({ name: `c${at}`, image: `a.test${image}` }));
      const { references, problems } = read({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers }, status });
      expect(references.length + problems.length).toBe(containers.length);
    }),
  );
});
