import { expect, it } from 'vitest';
import { checkSummary } from '../../../../domain/trust/check-summary.ts';
import { predicateTypes } from '../../../../domain/trust/statement.ts';

const now = '2026-11-21T12:00:00Z';
const about = (resourceUri: string) => ({
  _type: 'https://in-toto.io/Statement/v1' as const,
  subject: [],
  predicateType: predicateTypes.vsa,
  predicate: { verifier: { id: 'v' }, timeVerified: now, resourceUri, verificationResult: 'PASSED' },
});

it.each([
  ['registry.example/prod/shop', 'registry.example/prod/shop'],
  // Whoever pushes to localhost:5000 and asks about it there means what the stack calls 127.0.0.1:5000.
  ['127.0.0.1:5000/prod/shop', 'localhost:5000/prod/shop'],
  ['[::1]:5000/prod/shop', '127.0.0.1:5000/prod/shop'],
])('a summary about %s is one about %s', (resourceUri, asked) => {
  expect(checkSummary(about(resourceUri), { resourceUri: asked, now })).toBeUndefined();
});

it.each([
  ['registry.example/prod/shop', 'registry.example/staging/shop'],
  ['127.0.0.1:5000/prod/shop', 'localhost:5001/prod/shop'],
  ['127.0.0.1:5000/staging/shop', 'localhost:5000/prod/shop'],
  ['127.0.0.1:5000/prod/shop', '127.0.0.2:5000/prod/shop'],
  ['localhost.example:5000/prod/shop', 'localhost:5000/prod/shop'],
  ['127.0.0.1:5000/prod/shop', '127.0.0.1:5000'],
  ['https://registry.example/prod/shop', 'registry.example/prod/shop'],
])('a summary about %s is none about %s', (resourceUri, asked) => {
  expect(checkSummary(about(resourceUri), { resourceUri: asked, now })?.code).toBe('SUMMARY_OTHER_RESOURCE');
});
