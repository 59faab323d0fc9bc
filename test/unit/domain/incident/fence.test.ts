import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { type ArtifactShape, type Fence, fenceClosure } from '../../../../domain/incident/fence.ts';
import { digestOf } from '../policy/judged-artifact.ts';

const image = (name: string, layers: readonly string[], config = `config of ${name}`): ArtifactShape => ({
  digest: digestOf(name),
  children: [],
  config: digestOf(config),
  layers: layers.map(digestOf),
});
const index = (name: string, ...children: string[]): ArtifactShape => ({
  digest: digestOf(name),
  children: children.map(digestOf),
  layers: [],
});
const names = [
  'app',
  'arm',
  'multi',
  'other',
  'outer',
  'copy',
  'copies',
  'base',
  'seed',
  'relabelled',
  'unrelated',
  'loop',
];
const nameOf = (digest: Digest) => names.find((name) => digestOf(name) === digest) ?? digest;
const read = ({ fenced, shared }: Fence) => ({
  fenced: Object.fromEntries(fenced.map(({ digest, relation }) => [nameOf(digest), relation])),
  shared: Object.fromEntries(shared.map(({ digest, reason }) => [nameOf(digest), reason])),
});
const close = (selected: readonly string[], shapes: readonly ArtifactShape[], copies = true) =>
  read(
    fenceClosure({ selected: selected.map(digestOf), shapes, baseLayers: ['debian', 'node'].map(digestOf), copies }),
  );

const app = image('app', ['debian', 'code']);
const arm = image('arm', ['debian', 'arm code']);
const base = image('base', ['debian']);

describe('closure', () => {
  test('a digest nobody pushed yet is fenced', () => {
    expect(close(['seed'], [])).toEqual({ fenced: { seed: 'selected' }, shared: {} });
  });

  test('an index takes its children along, and indexes around it', () => {
    expect(close(['multi'], [app, arm, index('multi', 'app', 'arm'), index('outer', 'multi')])).toEqual({
      fenced: { multi: 'selected', app: 'child', arm: 'child', outer: 'parent' },
      shared: {},
    });
  });

  test('an image takes its indexes along, not their other children', () => {
    expect(close(['app'], [app, arm, index('multi', 'app', 'arm')])).toEqual({
      fenced: { app: 'selected', multi: 'parent' },
      shared: { arm: 'sibling' },
    });
  });

  test('a child in another index takes that index along', () => {
    expect(close(['multi'], [app, arm, index('multi', 'app'), index('other', 'app', 'arm')])).toEqual({
      fenced: { multi: 'selected', app: 'child', other: 'parent' },
      shared: { arm: 'sibling' },
    });
  });

  test('a parent that is also selected is followed down', () => {
    const shapes = [app, arm, index('multi', 'app', 'arm')];
    expect(close(['app', 'multi'], shapes)).toEqual({
      fenced: { app: 'selected', multi: 'selected', arm: 'child' },
      shared: {},
    });
  });

  test('a parent first, a child of what was selected later: still followed down', () => {
    const shapes = [app, arm, index('multi', 'app', 'arm'), index('outer', 'multi')];
    expect(close(['app', 'outer'], shapes).fenced).toEqual({
      app: 'selected',
      outer: 'selected',
      multi: 'child',
      arm: 'child',
    });
  });

  test('a child that is nothing but base is named and left alone', () => {
    expect(close(['multi'], [base, app, index('multi', 'base', 'app')])).toEqual({
      fenced: { multi: 'selected', app: 'child' },
      shared: { base: 'base' },
    });
  });

  test('a base that was selected itself is fenced', () => {
    expect(close(['base'], [base, app])).toEqual({ fenced: { base: 'selected' }, shared: {} });
  });

  test('an index that contains itself ends', () => {
    expect(close(['loop'], [index('loop', 'loop')]).fenced).toEqual({ loop: 'selected' });
  });
});

describe('copies', () => {
  const relabelled = image('relabelled', ['debian', 'code'], 'other labels');
  const rebased = image('copy', ['node', 'code'], 'another base');
  const sameConfig = image('copy', ['debian', 'recompressed'], 'config of app');
  test.each([
    ['the same layers under other labels', relabelled, { app: 'selected', relabelled: 'copy' }],
    ['the same layers on another base', rebased, { app: 'selected', copy: 'copy' }],
    ['the same config', sameConfig, { app: 'selected', copy: 'copy' }],
    ['only the base in common', image('unrelated', ['debian', 'else']), { app: 'selected' }],
    ['the base itself', base, { app: 'selected' }],
    ['more layers on top', image('unrelated', ['debian', 'code', 'more']), { app: 'selected' }],
  ])('%s', (_what, other, fenced) => {
    expect(close(['app'], [app, other]).fenced).toEqual(fenced);
    expect(close(['app'], [app, other], false).fenced).toEqual({ app: 'selected' });
  });

  test('a copy takes its index along', () => {
    expect(close(['app'], [app, relabelled, index('copies', 'relabelled')]).fenced).toEqual({
      app: 'selected',
      relabelled: 'copy',
      copies: 'parent',
    });
  });

  test('an empty config and an empty layer make nobody a copy', () => {
    const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
    const empty = { config: sha256(new TextEncoder().encode('{}')), layers: [sha256(new Uint8Array(1024))] };
    const shapes = ['app', 'unrelated'].map((name) => ({ digest: digestOf(name), children: [], ...empty }));
    expect(close(['app'], shapes).fenced).toEqual({ app: 'selected' });
  });
});

test('ten thousand copies are closed over in one pass', () => {
  const shapes = Array.from({ length: 10_000 }, (_, i) => image(`copy ${i}`, ['code']));
  const { fenced } = fenceClosure({ selected: [digestOf('copy 0')], shapes, baseLayers: [], copies: true });
  expect(fenced).toHaveLength(10_000);
  expect(fenced.map(({ digest }) => digest)).toEqual(fenced.map(({ digest }) => digest).toSorted());
});
