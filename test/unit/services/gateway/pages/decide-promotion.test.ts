/** What the page of approvals shows of a promotion: the gates of the decision that is signed, or nothing to sign. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { FakeElement } from './fake-element.ts';

const verdict = (decisionDigest: string, reason: string) => ({
  ...{ environment: 'prod', outcome: 'pass', policyVersion: 1, decisionDigest },
  gates: [{ gate: 'vulnerabilities', verdict: 'pass', reason, details: [] }],
});
let verdicts: object[] = [];

beforeAll(() => {
  vi.stubGlobal('document', { createElement: () => new FakeElement() });
  vi.stubGlobal('location', { href: 'http://localhost:8080/approve' });
  vi.stubGlobal('fetch', async (url: URL) => {
    const promotion = {
      ...{ repository: 'shop', digest: 'sha256:a', environment: 'prod', tag: null, state: 'waiting', reason: '' },
      ...{ decisionDigest: 'sha256:one', requestedBy: 'system', requestedAt: '2026-01-01T00:00:00Z', approvals: [] },
    };
    const artifact = { verdicts, platforms: [], openFindings: [] };
    return Response.json(url.pathname.endsWith('/promotion') ? promotion : artifact);
  });
});
afterAll(() => vi.unstubAllGlobals());

const read = async () => {
  const { readPromotion } = await import(
    new URL('../../../../../services/gateway/pages/decide-promotion.mjs', import.meta.url).href
  );
  const { sections, isOpen } = await readPromotion('promotion/prod/shop@sha256:a');
  return { isOpen, text: sections.map((part: FakeElement) => part.text).join(' ') };
};

test('the gates of the decision that is asked for are shown, and it can be decided', async () => {
  verdicts = [verdict('sha256:one', 'nothing was found')];
  expect(await read()).toEqual({ isOpen: true, text: expect.stringContaining('nothing was found') });
});

test.each([
  ['of another decision', [verdict('sha256:two', 'nothing was found')]],
  ['that are gone', []],
])('gates %s are not shown, and nothing can be signed', async (_, stored) => {
  verdicts = stored;
  const { isOpen, text } = await read();
  expect(isOpen).toBe(false);
  expect(text).not.toContain('nothing was found');
});
