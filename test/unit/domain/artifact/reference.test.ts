import { expect, it } from 'vitest';
import { parseReference } from '../../../../domain/artifact/reference.ts';

it.each(['./shop', './x.tar', '../shop:1.0', '.hidden/shop'])('%s is a path', (text) => {
  expect(() => parseReference(text)).toThrow('is not a repository name');
});

it.each([
  ['registry.example:5000/prod/shop:1.0', 'registry.example:5000', 'prod/shop', '1.0'],
  ['localhost/shop', 'localhost', 'shop', undefined],
  ['prod/shop:1.0', undefined, 'prod/shop', '1.0'],
  // distribution/reference, "familiar" names: Docker Hub keeps official images in a folder that nobody types.
  ['docker.io/alpine:3', 'docker.io', 'library/alpine', '3'],
  ['index.docker.io/alpine', 'index.docker.io', 'library/alpine', undefined],
  ['docker.io/library/alpine:3', 'docker.io', 'library/alpine', '3'],
  ['docker.io/grafana/grafana', 'docker.io', 'grafana/grafana', undefined],
  ['quay.io/alpine', 'quay.io', 'alpine', undefined],
])('%s', (text, registry, repository, tag) => {
  expect(parseReference(text)).toEqual({ registry, repository, tag, digest: undefined });
});
