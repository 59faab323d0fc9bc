/** What the page of approvals shows of a release: what rebuilds of this artifact gave, and of no other. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { FakeElement } from './fake-element.ts';

const rebuild = (state: string, over: object = {}) => ({
  ...{ id: 'reb-1', repository: 'shop', digest: 'sha256:a', state, newDigest: null, clears: null, why: null },
  ...over,
});
let rebuilds: object[] = [];

beforeAll(() => {
  vi.stubGlobal('document', { createElement: () => new FakeElement() });
  vi.stubGlobal('location', { href: 'http://localhost:8080/approve' });
  vi.stubGlobal('fetch', async (url: URL) => {
    const release = {
      ...{ id: 'rel-1', digest: 'sha256:a', repositories: ['shop'], incident: 'inc-1', reason: 'clean' },
      ...{ state: 'waiting', requestedBy: 'olga', requestedAt: '2026-01-01T00:00:00Z' },
    };
    const incident = { rebuilds, reason: 'leaked', state: 'contained' };
    return Response.json(url.pathname.endsWith('/releases') ? { items: [release] } : incident);
  });
});
afterAll(() => vi.unstubAllGlobals());

const read = async () => {
  const { readRelease } = await import(
    new URL('../../../../../services/gateway/pages/decide-release.mjs', import.meta.url).href
  );
  const { sections } = await readRelease('release/rel-1');
  return sections.map((part: FakeElement) => part.text).join(' ');
};

test.each([
  [
    'different',
    { newDigest: 'sha256:b', clears: false, why: 'it was rebuilt' },
    /it gave other bytes: +sha256:b +reb-1/,
  ],
  [
    'identical',
    { newDigest: 'sha256:a', clears: true },
    /it gave the same bytes, .* answers what the incident is about/,
  ],
  [
    'identical',
    { newDigest: 'sha256:a', clears: false, why: 'no other host vouches for it' },
    /it gave the same bytes, which does not answer what the incident is about: no other host vouches for it/,
  ],
  ['failed', {}, /it says nothing about the artifact/],
])('what a rebuild of it gave is said in words: %s', async (state, over, words) => {
  rebuilds = [rebuild(state, over)];
  const text = await read();
  expect(text).toMatch(words);
  expect(text).not.toContain('None.');
});

test('rebuilds of what else the incident selected are not shown', async () => {
  rebuilds = [rebuild('identical', { digest: 'sha256:c', newDigest: 'sha256:c' })];
  const text = await read();
  expect(text).toContain('None.');
  expect(text).not.toContain('it gave');
});
