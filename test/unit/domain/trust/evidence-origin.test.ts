import { expect, it } from 'vitest';
import { evidenceOrigin } from '../../../../domain/trust/evidence-origin.ts';

it.each([
  [{ kind: 'key', keyId: 'evidence' }, 'own'],
  [{ kind: 'key', keyId: 'retired' }, 'own'],
  [{ kind: 'key', keyId: 'builder' }, 'foreign'],
  [{ kind: 'certificate', subject: 'us@example.com', issuer: 'https://issuer.example' }, 'own'],
  [{ kind: 'certificate', subject: 'us@example.com', issuer: 'https://other.example' }, 'foreign'],
  // A certificate cannot be passed off as a key by its subject.
  [{ kind: 'certificate', subject: 'evidence', issuer: 'https://issuer.example' }, 'foreign'],
] as const)('%j is %s', (identity, origin) => {
  expect(
    evidenceOrigin(identity, new Set(['key:evidence', 'key:retired', 'cert:https://issuer.example|us@example.com'])),
  ).toBe(origin);
});
